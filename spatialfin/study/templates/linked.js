(function () {
  "use strict";
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const at = (id) => document.getElementById(id);
  const data = read("data"), spec = read("spec"), words = data.words;
  const total = data.names.length, undefinedCluster = data.cluster_colours.length - 1;
  const state = { variable: 0, weights: 0, period: data.periods.length - 1 };
  const ROWS_SHOWN = 300, BASE = spec.concat[0].width, HEIGHT = spec.concat[0].height;
  let view = null, rows = [], scale = 1, shapes = [], waiting = 0, building = 0, ready = 0;

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
  const parts = (numbers, by) => (i) => (numbers && numbers[i] !== null ? numbers[i] / by : NaN);
  const number = (value, digits) => (Number.isFinite(value)
    ? value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }) : "–");
  const cell = () => data.cells[state.variable][state.weights][state.period];
  const variable = () => data.variables[state.variable];

  function line(ring) {
    const points = [];
    for (let k = 0, x = 0, y = 0; k < ring.length; k += 2) {
      x += ring[k]; y += ring[k + 1];
      points.push([x * scale / data.grid, y * scale / data.grid]);
    }
    return points;
  }

  function outlines() {
    shapes = data.rings.map((rings, i) => ({
      geo: { type: "Polygon", coordinates: rings.map(line) },
      hatch: { type: "MultiLineString", coordinates: data.hatch[i].map(line) },
      cx: data.points[i][0] * scale / data.grid,
      cy: data.points[i][1] * scale / data.grid,
    }));
  }

  function currentRows() {
    const now = variable(), found = cell(), own = now.values[state.period], members = now.members[state.period];
    const z = parts(now.z[state.period], 100), lag = parts(found.lag, 100), p = parts(found.p, 1000);
    return data.names.map((name, i) => {
      const gap = own[i] === null;
      const cluster = found.clusters && found.clusters[i] !== "-" ? +found.clusters[i] : undefinedCluster;
      const defined = !found.reason;
      return {
        i, name, gap, number: gap ? NaN : own[i], value: gap ? words.no_data : number(own[i], now.digits),
        member: gap ? now.classes.length : members.charCodeAt(i) - 97,
        cluster, kind: gap || defined ? data.cluster_names[cluster] : words.not_defined, z: defined ? z(i) : NaN, lag: lag(i),
        p: number(p(i), 3), ...shapes[i],
      };
    });
  }

  function counted(names, field) {
    const counts = names.map(() => 0);
    rows.forEach((row) => { counts[row[field]] += 1; });
    return names.map((name, k) => `${name} (${counts[k].toLocaleString("en-US")})`);
  }

  function trend() {
    return data.cells[state.variable][state.weights].map((found, t) => ({
      t, period: data.periods[t], I: found.I === null ? NaN : found.I,
      p: number(found.p_global ?? NaN, 3), significant: found.p_global !== null && found.p_global <= data.alpha,
    }));
  }

  function fit() {
    const found = cell(), known = rows.map((row) => row.z).filter(Number.isFinite);
    if (!found.line) return [];
    return [Math.min, Math.max].map((end) => {
      const z = known.reduce((a, b) => end(a, b));
      return { z, lag: found.line[0] * z + found.line[1] };
    });
  }

  function caution(found) {
    const place = data.periods[state.period];
    const values = {
      variable: place ? `${variable().label}, ${place}` : variable().label, n: found.n, all: total,
      weights: data.weights[state.weights],
    };
    const key = found.reason || (found.n < total ? "partial" : "");
    return key ? fill(words[key], values) : "";
  }

  // Axes stay as they are while the slider moves, so that periods compare.
  function extent(name, numbers) {
    const known = numbers.filter(Number.isFinite);
    const low = known.reduce((a, b) => Math.min(a, b), 0), high = known.reduce((a, b) => Math.max(a, b), 0);
    const rim = (high - low) * 0.04 || 1;
    return { [`${name}Low`]: low - rim, [`${name}High`]: high + rim };
  }

  function axes() {
    const all = data.cells[state.variable][state.weights], hundredths = (lists) => lists.flatMap((one) => one || []).map((x) => x / 100);
    return {
      ...extent("z", hundredths(variable().z)), ...extent("lag", hundredths(all.map((one) => one.lag))),
      ...extent("I", all.map((one) => one.I ?? NaN)),
    };
  }

  function titles() {
    const found = cell(), place = data.periods[state.period], missing = found.reason ? words.not_defined : words.hatched;
    const I = found.I === null ? words.undefined
      : fill(words.scatter, { I: found.I.toFixed(3), p: number(found.p_global, 3) });
    return {
      mapTitle: place ? `${variable().label}, ${place}` : variable().label,
      lisaTitle: words.clusters, scatterTitle: I, trendTitle: words.trend, now: state.period,
      mapLabels: counted([...variable().classes, words.hatched], "member"), ...axes(),
      lisaLabels: counted([...data.cluster_names.slice(0, -1), missing], "cluster"),
    };
  }

  function announce() {
    const place = data.periods[state.period];
    at("caution").textContent = caution(cell());
    if (at("shown-period")) at("shown-period").textContent = place;
    if (at("period")) at("period").setAttribute("aria-valuetext", place);
    list();
    document.body.dataset.ready = String(++ready);
  }

  function refresh() {
    rows = currentRows();
    Object.entries(titles()).forEach(([name, value]) => view.signal(name, value));
    view.signal("pointed", -1).data("units", rows).data("line", fit());
    if (data.periods.length > 1) view.data("trend", trend());
    return view.runAsync().then(announce);
  }

  // A brush is one tuple of fields and ranges, in the terms of the chart it was drawn on.
  function brushed() {
    const store = view.data("brush_store");
    if (!store.length) return null;
    const within = (row) => store.every((tuple) => tuple.fields.every((one, k) => {
      const [low, high] = tuple.values[k][0] < tuple.values[k][1] ? tuple.values[k] : [...tuple.values[k]].reverse();
      return row[one.field] >= low && row[one.field] <= high;
    }));
    return rows.filter(within);
  }

  const mean = (some) => {
    const known = some.filter((row) => !row.gap);
    return number(known.reduce((sum, row) => sum + row.number, 0) / known.length, variable().digits || 2);
  };

  function tableRow(row) {
    const line = document.createElement("tr"), key = document.createElement("span");
    key.className = "swatch";
    key.style.background = data.cluster_colours[row.cluster];
    [row.name, row.value, row.kind, row.p].forEach((text, k) => {
      const one = line.insertCell();
      if (k === 2) one.append(key);
      one.append(text);
    });
    line.dataset.i = row.i;
    return line;
  }

  function list() {
    const chosen = brushed(), some = chosen || rows;
    const facts = { n: some.length.toLocaleString("en-US"), all: total.toLocaleString("en-US"), mean: mean(some), overall: mean(rows) };
    at("selected").textContent = chosen && !chosen.length ? words.none : fill(chosen ? words.selected : words.all, facts);
    at("clear").disabled = !chosen;
    const order = [...some].sort((a, b) => (a.gap - b.gap) || (b.number - a.number) || (a.i - b.i));
    at("rows").replaceChildren(...order.slice(0, ROWS_SHOWN).map(tableRow));
    at("more").textContent = order.length > ROWS_SHOWN
      ? fill(words.more, { shown: ROWS_SHOWN, n: order.length.toLocaleString("en-US") }) : "";
  }

  function listSoon() {
    if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; list(); });
  }

  function point(i) {
    if (view.signal("pointed") === i) return;
    view.signal("pointed", i).runAsync();
    at("rows").querySelectorAll(".at").forEach((line) => line.classList.remove("at"));
    const line = i < 0 ? null : at("rows").querySelector(`tr[data-i="${i}"]`);
    if (line) { line.classList.add("at"); }
  }

  // Sizes follow the window; the colours of the classes follow the variable.
  function fitted() {
    const made = structuredClone(spec), now = variable();
    const narrow = window.innerWidth <= 900;
    const wide = narrow ? window.innerWidth - 90 : (window.innerWidth - 430) / 2 - 55;
    const high = narrow ? Infinity : (window.innerHeight - 370) / (HEIGHT + 250);
    scale = Math.max(narrow ? 0.6 : 0.75, Math.min(1.7, wide / BASE, high));
    made.columns = narrow ? 1 : 2;
    const visit = (node) => {
      if (!node || typeof node !== "object") return;
      if (typeof node.width === "number" && typeof node.height === "number") {
        node.width = Math.round(node.width * scale); node.height = Math.round(node.height * scale);
      }
      if (node.field === "member" && node.scale) {
        node.scale.domain = [...now.classes.map((_, k) => k), now.classes.length];
        node.scale.range = [...now.colours, data.missing_colour];
      }
      if ((node.field === "cx" || node.field === "cy") && node.scale) {
        node.scale.domain = node.scale.domain.map((bound) => bound * scale);
      }
      Object.values(node).forEach(visit);
    };
    visit(made);
    return made;
  }

  function filled(made) {
    outlines();
    rows = currentRows();
    const lines = data.lines.map((ring) => ({ geo: { type: "LineString", coordinates: line(ring) } }));
    made.datasets = { units: rows, line: fit(), lines, trend: trend() };
    const starts = titles();
    made.params.forEach((one) => { if (one.name in starts) one.value = starts[one.name]; });
    return made;
  }

  async function build() {
    const turn = ++building;
    const shown = await vegaEmbed("#charts", filled(fitted()), { actions: false, renderer: "canvas", ast: true, tooltip: { theme: "custom" } });
    if (turn !== building) { shown.finalize(); return; }
    if (view) view.finalize();
    view = window.linkedView = shown.view;
    view.addDataListener("brush_store", listSoon);
    view.addEventListener("pointermove", (event, item) => point(item && item.datum && item.datum.i !== undefined ? item.datum.i : -1));
    announce();
  }

  function choices(id, texts, key) {
    texts.forEach((text, k) => at(id).add(new Option(text, String(k))));
    at(id).disabled = texts.length < 2;
    at(id).addEventListener("change", () => {
      state[key] = +at(id).value;
      (key === "variable" ? build() : refresh());
    });
  }

  choices("variable", data.variables.map((one) => one.label), "variable");
  choices("weights", data.weights, "weights");
  if (at("period")) {
    at("period").value = String(state.period);
    at("period").addEventListener("input", () => { state.period = +at("period").value; refresh(); });
  }
  at("clear").addEventListener("click", build);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && brushed()) build(); });
  at("rows").addEventListener("pointerover", (event) => { const line = event.target.closest("tr"); if (line) point(+line.dataset.i); });
  at("rows").addEventListener("pointerleave", () => point(-1));
  let last = window.innerWidth, resting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(resting);
    resting = setTimeout(() => { if (window.innerWidth !== last) { last = window.innerWidth; build(); } }, 200);
  });
  build();
})();
