(function () {
  "use strict";
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const at = (id) => document.getElementById(id);
  const data = read("data"), spec = read("spec"), words = data.words;
  const total = data.names.length, undefinedCluster = data.cluster_colours.length - 1;
  const state = { variable: 0, weights: 0, period: data.periods.length - 1 };
  const ROWS_SHOWN = 300, BASE = spec.concat[0].width, HEIGHT = spec.concat[0].height;
  const TABLE_BESIDE = 1200, AXIS = 62, AROUND = 200, LEGEND_PAIR = 340;
  const paint = linkedPaint(spec.usermeta, data.cluster_colours);
  const unvalued = Math.max(...data.variables.map((one) => one.classes.length));
  let view = null, rows = [], scale = 1, shapes = [], waiting = 0, building = 0, ready = 0;

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
  const parts = (numbers, by) => (i) => (numbers && numbers[i] !== null ? numbers[i] / by : NaN);
  const number = (value, digits) => (Number.isFinite(value)
    ? value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", "−") : "–");
  const cell = () => data.cells[state.variable][state.weights][state.period];
  const variable = () => data.variables[state.variable];
  const counted = (n) => n.toLocaleString("en-US");

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
      hatch: data.hatch[i].map(line),
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
        member: gap ? unvalued : members.charCodeAt(i) - 97,
        cluster, kind: gap || defined ? data.cluster_names[cluster] : words.not_defined, z: defined ? z(i) : NaN, lag: lag(i),
        p: number(p(i), 3), ...shapes[i],
      };
    });
  }

  // Labels of a legend by class, from the name of each class.
  function legend(names, field) {
    return names.map((name, k) => `${name} (${counted(rows.filter((row) => row[field] === k).length)})`);
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

  const heading = () => (data.periods[state.period] ? `${variable().label}, ${data.periods[state.period]}` : variable().label);

  // What a reader must know of the numbers shown: no statistic, values that lack, no cluster left after adjusting.
  function caution() {
    const found = cell(), all = counted(total), values = { variable: heading(), weights: data.weights[state.weights], all };
    const told = [];
    if (found.reason || found.n < total) told.push(fill(words[found.reason || "partial"], { ...values, n: counted(found.n) }));
    const before = (found.p || []).filter((p) => p !== null && p <= data.alpha * 1000).length;
    if (data.adjusted && before && !/[0-3]/.test(found.clusters)) told.push(fill(words.quiet, { n: counted(before) }));
    return told.join(" ");
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
    const found = cell(), now = variable(), missing = found.reason ? words.not_defined : words.hatched;
    const classes = now.classes.map((_, k) => k), clusters = [...data.cluster_names.slice(0, -1), missing];
    const byClass = (some, last) => [...some, ...Array(unvalued - some.length).fill(last), last];
    const I = found.I === null ? words.undefined
      : fill(words.scatter, { I: number(found.I, 3), p: number(found.p_global, 3) });
    return {
      mapTitle: heading(), lisaTitle: words.clusters, scatterTitle: I, trendTitle: words.trend, now: state.period,
      mapShown: [...classes, unvalued], mapLabels: legend(byClass(now.classes, words.hatched), "member"),
      mapColours: byClass(now.colours, data.missing_colour),
      lisaLabels: legend(clusters, "cluster"), ...axes(),
    };
  }

  function announce() {
    const place = data.periods[state.period], shown = titles();
    at("charts").setAttribute("aria-label", [shown.mapTitle, shown.lisaTitle, shown.scatterTitle].join("; "));
    at("caution").textContent = caution();
    if (at("shown-period")) at("shown-period").textContent = place;
    if (at("period")) at("period").setAttribute("aria-valuetext", place);
    document.body.dataset.ready = String(++ready);
  }

  function refresh() {
    rows = currentRows();
    const shown = titles();
    Object.entries(shown).forEach(([name, value]) => view.signal(name, value));
    view.signal("pointed", -1).data("units", rows).data("line", fit());
    if (data.periods.length > 1) view.data("trend", trend());
    paint.begin(rows, shown);
    show();
    // Labels of axes and legends may take another width.
    return view.resize().runAsync().then(announce);
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

  // Least squares of the lag on z as slope and ends, where at least three units differ in z.
  function regression(some) {
    const known = some.filter((row) => Number.isFinite(row.lag)), z = known.map((row) => row.z);
    const middle = (field) => known.reduce((sum, row) => sum + row[field], 0) / known.length;
    const mid = { z: middle("z"), lag: middle("lag") };
    const spread = known.reduce((sum, row) => sum + (row.z - mid.z) ** 2, 0);
    if (known.length < 3 || !(spread > 1e-9)) return { slope: NaN, ends: [] };
    const slope = known.reduce((sum, row) => sum + (row.z - mid.z) * (row.lag - mid.lag), 0) / spread;
    return { slope, ends: [Math.min(...z), Math.max(...z)].map((end) => ({ z: end, lag: mid.lag + slope * (end - mid.z) })) };
  }

  // How the selected differ in Moran's plot; the answer is the ends of their line.
  function compare(chosen) {
    const own = new Set(chosen), inside = regression(chosen || []);
    const told = chosen && chosen.length && cell().line;
    at("slopes").textContent = told ? fill(words.slopes, {
      inside: number(inside.slope, 3), outside: number(regression(rows.filter((row) => !own.has(row))).slope, 3),
      overall: number(cell().line[0], 3),
    }) : "";
    return inside.ends;
  }

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

  function list(some) {
    const order = [...some].sort((a, b) => (a.gap - b.gap) || (b.number - a.number) || (a.i - b.i));
    at("rows").replaceChildren(...order.slice(0, ROWS_SHOWN).map(tableRow));
    at("more").textContent = order.length > ROWS_SHOWN
      ? fill(words.more, { shown: ROWS_SHOWN, n: counted(order.length) }) : "";
  }

  // Say, list and paint what is selected; the view draws it when it runs next.
  function show() {
    const chosen = brushed(), some = chosen || rows;
    const facts = { n: counted(some.length), all: counted(total), mean: mean(some), overall: mean(rows) };
    at("selected").textContent = chosen && !chosen.length ? words.none : fill(chosen ? words.selected : words.all, facts);
    at("clear").disabled = !chosen;
    list(some);
    view.data("chosen", compare(chosen)).data("pictures", paint.pictures(chosen));
  }

  // Several events of the pointer may come before a frame is drawn.
  function showSoon() {
    if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; show(); view.runAsync(); });
  }

  function point(i) {
    if (view.signal("pointed") === i) return;
    view.signal("pointed", i).runAsync();
    at("rows").querySelectorAll(".at").forEach((line) => line.classList.remove("at"));
    const line = i < 0 ? null : at("rows").querySelector(`tr[data-i="${i}"]`);
    if (line) { line.classList.add("at"); }
  }

  // Sizes follow the window: the table beside the charts or below them, two charts in a row where both stay
  // legible, all four in sight where they can be.
  function fitted() {
    const made = structuredClone(spec), main = document.querySelector("main"), style = getComputedStyle(main);
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const table = window.innerWidth >= TABLE_BESIDE ? 22 * rem + parseFloat(style.columnGap) : 0;
    const room = main.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - table;
    made.columns = room >= 640 ? 2 : 1;
    const wide = (room - 20 - (made.columns - 1) * 22) / made.columns - AXIS;
    const high = window.innerHeight - at("charts").getBoundingClientRect().top - window.scrollY - AROUND;
    const inSight = made.columns > 1 ? Math.max(0.8, high / (HEIGHT + spec.concat[2].height)) : Infinity;
    scale = Math.max(0.4, Math.min(1.7, wide / BASE, inSight));
    made.config.legend.columns = BASE * scale < LEGEND_PAIR ? 1 : 2;
    made.concat.forEach((chart) => {
      chart.width = Math.round(chart.width * scale);
      chart.height = Math.round(chart.height * scale);
      chart.title.limit = chart.width;
    });
    const visit = (node) => {
      if (!node || typeof node !== "object") return;
      if ((node.field === "cx" || node.field === "cy") && node.scale) {
        node.scale.domain = node.scale.domain.map((bound) => bound * scale);
      }
      Object.values(node).forEach(visit);
    };
    visit(made.concat);
    return made;
  }

  function filled(made) {
    outlines();
    rows = currentRows();
    made.datasets = { units: rows, line: fit(), chosen: [], once: [{}], trend: trend(), pictures: [] };
    const starts = titles();
    paint.lay(shapes, data.lines.map(line), made.concat);
    paint.begin(rows, starts);
    made.params.forEach((one) => { if (one.name in starts) one.value = starts[one.name]; });
    return made;
  }

  // Vega draws the picture a row holds; Vega-Lite knows images by address alone.
  function withPictures(vega) {
    const visit = (mark) => {
      if (mark.type === "image") mark.encode.update.image = { field: "picture" };
      (mark.marks || []).forEach(visit);
    };
    vega.marks.forEach(visit);
    return vega;
  }

  async function build() {
    const turn = ++building;
    at("caution").textContent = caution();
    const shown = await vegaEmbed("#charts", filled(fitted()), { actions: false, renderer: "canvas", ast: true, patch: withPictures, tooltip: { theme: "custom" } });
    if (turn !== building) { shown.finalize(); return; }
    if (view) view.finalize();
    view = window.linkedView = shown.view;
    view.addDataListener("brush_store", showSoon);
    view.addEventListener("pointermove", (event, item) => point(item && item.datum && item.datum.i !== undefined ? item.datum.i : -1));
    show();
    await view.runAsync();
    announce();
  }

  function choices(id, texts, key) {
    texts.forEach((text, k) => at(id).add(new Option(text, String(k))));
    at(id).disabled = texts.length < 2;
    at(id).addEventListener("change", () => {
      state[key] = +at(id).value;
      // Vega lays a legend out when its entries come, not when their texts take another width.
      (key === "variable" ? view.signal("mapShown", []).runAsync() : Promise.resolve()).then(refresh);
    });
  }

  choices("variable", data.variables.map((one) => one.label), "variable");
  choices("weights", data.weights, "weights");
  if (at("period")) {
    at("period").value = String(state.period);
    at("period").addEventListener("input", () => { state.period = +at("period").value; refresh(); });
  }
  const clear = () => window.dispatchEvent(new Event("clearbrush"));
  at("clear").addEventListener("click", clear);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") clear(); });
  at("rows").addEventListener("pointerover", (event) => { const line = event.target.closest("tr"); if (line) point(+line.dataset.i); });
  at("rows").addEventListener("pointerleave", () => point(-1));
  let last = window.innerWidth, resting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(resting);
    resting = setTimeout(() => { if (window.innerWidth !== last) { last = window.innerWidth; build(); } }, 200);
  });
  build();
})();
