// Units as pictures, one for each map and one for the scatter plot. Filling thousands of outlines takes too long
// for every move of a brush: pictures of all units are made once, and a brush chooses among their pixels.
function linkedPaint(looks, clusterColours) {
  "use strict";
  const { border, dot, pale } = looks, radius = Math.sqrt(dot.size) / 2, NOBODY = 0;
  const maps = [{ name: "map", field: "member" }, { name: "lisa", field: "cluster", colours: clusterColours }];
  const scatter = { name: "scatter" };
  let rows = [], shapes = [], lines = [], owners = null, places = [], stamps = [];

  // A canvas as sharp as the screen, whose pen measures in pixels of the page.
  function painted({ width, height }, draw) {
    const canvas = document.createElement("canvas"), pen = canvas.getContext("2d", { willReadFrequently: true });
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    pen.scale(canvas.width / width, canvas.height / height);
    draw(pen, canvas);
    return canvas;
  }

  function put(pen, picture, { width, height }) {
    pen.drawImage(picture, 0, 0, width, height);
  }

  function trace(pen, paths, closed) {
    pen.beginPath();
    paths.forEach((path) => {
      path.forEach(([x, y], k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      if (closed) pen.closePath();
    });
  }

  function stroke(pen, { colour, width, dash = [] }) {
    Object.assign(pen, { strokeStyle: colour, lineWidth: width });
    pen.setLineDash(dash);
    pen.stroke();
  }

  function outlines(pen, { field, colours }) {
    rows.forEach((row) => {
      trace(pen, row.geo.coordinates, true);
      pen.fillStyle = colours[row[field]];
      pen.fill();
      if (border) stroke(pen, border);
    });
  }

  // What lies above the units, brushed or not.
  function signs(pen, { field }) {
    trace(pen, rows.filter((row) => row.gap).flatMap((row) => row.hatch), false);
    stroke(pen, looks.hatch);
    if (field === "cluster") {
      trace(pen, rows.filter((row) => row.cluster === looks.rim.cluster).flatMap((row) => row.geo.coordinates), true);
      stroke(pen, looks.rim);
    }
    trace(pen, lines, false);
    stroke(pen, looks.line);
  }

  // Which unit has the middle of each pixel, its number plus one.
  function owned(wide, high, scale) {
    const found = new Uint32Array(wide * high);
    shapes.forEach(({ geo }, i) => crossings(geo.coordinates, high, scale).forEach((row, y) => {
      row.sort((a, b) => a - b);
      for (let k = 0; k + 1 < row.length; k += 2) {
        const from = Math.max(0, Math.ceil(row[k] - 0.5)), to = Math.min(wide, Math.ceil(row[k + 1] - 0.5));
        if (from < to) found.fill(i + 1, y * wide + from, y * wide + to);
      }
    }));
    return widened(widened(found, wide), wide);
  }

  // Where the edges of rings cross the middles of rows of pixels.
  function crossings(rings, high, scale) {
    const found = new Map();
    rings.forEach((ring) => ring.forEach(([x, y], k) => {
      const [nextX, nextY] = ring[(k + 1) % ring.length], slope = (nextX - x) / (nextY - y);
      const top = Math.max(0, Math.ceil(Math.min(y, nextY) * scale - 0.5));
      const end = Math.min(high, Math.ceil(Math.max(y, nextY) * scale - 0.5));
      for (let at = top; at < end; at += 1) {
        if (!found.has(at)) found.set(at, []);
        found.get(at).push((x + ((at + 0.5) / scale - y) * slope) * scale);
      }
    }));
    return found;
  }

  // A coast covers a part of pixels whose middle is at sea.
  function widened(found, wide) {
    const wider = found.slice(), beside = [-1, 1, -wide, wide, -wide - 1, -wide + 1, wide - 1, wide + 1];
    for (let k = 0; k < found.length; k += 1) {
      if (found[k] === NOBODY) wider[k] = found[k + beside.find((step) => found[k + step])] || NOBODY;
    }
    return wider;
  }

  // Take outlines and sizes, as they are in this window.
  function lay(outlined, drawn, sizes) {
    shapes = outlined;
    lines = drawn;
    [...maps, scatter].forEach((chart, k) => Object.assign(chart, { width: sizes[k].width, height: sizes[k].height }));
    painted(maps[0], (pen, { width, height }) => { owners = owned(width, height, width / maps[0].width); });
    stamps = clusterColours.map(stamp);
  }

  // A dot of the scatter plot, to be put on whole pixels.
  function stamp(colour) {
    const side = 2 * Math.ceil(radius + dot.rim.width) + 1;
    return painted({ width: side, height: side }, (pen) => {
      Object.assign(pen, { fillStyle: colour, globalAlpha: dot.opacity });
      pen.arc(side / 2, side / 2, radius, 0, 2 * Math.PI);
      pen.fill();
      stroke(pen, dot.rim);
    });
  }

  function dots(pen, some) {
    pen.setTransform(1, 0, 0, 1, 0, 0);
    some.forEach((row) => { if (places[row.i]) pen.drawImage(stamps[row.cluster], ...places[row.i]); });
  }

  function ground(pen) {
    const half = stamps[0].width / 2;
    Object.assign(pen, { globalAlpha: looks.ground.opacity, fillStyle: looks.ground.colour });
    places.forEach((place) => {
      if (!place) return;
      pen.beginPath();
      pen.arc((place[0] + half) / devicePixelRatio, (place[1] + half) / devicePixelRatio, radius, 0, 2 * Math.PI);
      pen.fill();
    });
  }

  // Paint all units: what is seen without a brush, and what lies under the units of one.
  function begin(all, shown) {
    rows = all;
    maps[0].colours = shown.mapColours;
    maps.forEach((map) => {
      const units = painted(map, (pen) => outlines(pen, map)), { width, height } = units;
      map.signs = painted(map, (pen) => signs(pen, map));
      map.full = painted(map, (pen) => { put(pen, units, map); put(pen, map.signs, map); });
      map.pixels = units.getContext("2d").getImageData(0, 0, width, height);
      map.mixed = new ImageData(width, height);
      map.faded = map.pixels.data.map((part, k) => (k % 4 === 3 ? Math.round(part * pale) : part));
    });
    const side = stamps[0].width, along = (share, length) => Math.round(share * length * devicePixelRatio - side / 2);
    places = rows.map(({ z, lag }) => (Number.isFinite(z) && Number.isFinite(lag) ? [
      along((z - shown.zLow) / (shown.zHigh - shown.zLow), scatter.width),
      along((shown.lagHigh - lag) / (shown.lagHigh - shown.lagLow), scatter.height),
    ] : null));
    scatter.under = painted(scatter, ground);
  }

  function chosenUnits(map, chosen) {
    const inside = new Uint8Array(rows.length + 1), words = (part) => new Uint32Array(part.buffer);
    chosen.forEach((row) => { inside[row.i + 1] = 1; });
    const full = words(map.pixels.data), faded = words(map.faded), mixed = words(map.mixed.data);
    for (let k = 0; k < mixed.length; k += 1) mixed[k] = inside[owners[k]] ? full[k] : faded[k];
    return painted(map, (pen) => {
      pen.putImageData(map.mixed, 0, 0);
      put(pen, map.signs, map);
    });
  }

  function chosenDots(some) {
    return painted(scatter, (pen) => {
      put(pen, scatter.under, scatter);
      dots(pen, some);
    });
  }

  // The rows of the dataset `pictures`, where some units are selected or (null) nothing is brushed.
  function pictures(chosen) {
    return [
      ...maps.map((map) => ({ chart: map.name, picture: chosen === null ? map.full : chosenUnits(map, chosen) })),
      { chart: scatter.name, picture: chosenDots(chosen || rows) },
    ];
  }

  return { lay, begin, pictures };
}
