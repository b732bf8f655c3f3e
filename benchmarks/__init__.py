"""Side by side with the packages of the field, in one run on one machine."""
