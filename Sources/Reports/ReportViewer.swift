/// The script that draws the gallery's crystals and turns them as the reader drags: no library, no network.
///
/// Each canvas names its scene by the index in `data-scene`; the scenes are JSON in the element `scenes`. Edges of the cell are cut into
/// short pieces and sorted with the atoms by depth, so that balls hide what is behind them.
let reportViewer = """
  "use strict";
  (() => {
    const scenes = JSON.parse(document.getElementById("scenes").textContent);
    const corner = (cell, bits) => [0, 1, 2].map(k =>
      cell[0][k] * ((bits & 1) - 0.5) + cell[1][k] * ((bits >> 1 & 1) - 0.5) + cell[2][k] * ((bits >> 2 & 1) - 0.5));
    const turn = (m, p) => m.map(r => r[0] * p[0] + r[1] * p[1] + r[2] * p[2]);
    const product = (a, b) => a.map(r => [0, 1, 2].map(k => r[0] * b[0][k] + r[1] * b[1][k] + r[2] * b[2][k]));
    const about = (axis, angle) => {
      const c = Math.cos(angle), s = Math.sin(angle);
      return axis === 0 ? [[1, 0, 0], [0, c, -s], [0, s, c]] : [[c, 0, s], [0, 1, 0], [-s, 0, c]];
    };
    const shade = (color, share) => {
      const n = parseInt(color.slice(1), 16);
      const mix = v => Math.round(share > 0 ? v + (255 - v) * share : v * (1 + share));
      return `rgb(${mix(n >> 16)},${mix(n >> 8 & 255)},${mix(n & 255)})`;
    };
    const pieces = cell => {
      const result = [], steps = 14;
      for (let from = 0; from < 8; from++) for (let axis = 0; axis < 3; axis++) {
        if (from >> axis & 1) continue;
        const a = corner(cell, from), b = corner(cell, from | 1 << axis);
        const at = t => a.map((v, k) => v + (b[k] - v) * t);
        for (let i = 0; i < steps; i++) result.push([at(i / steps), at((i + 1) / steps)]);
      }
      return result;
    };
    const view = canvas => {
      const scene = scenes[Number(canvas.dataset.scene)];
      const edges = pieces(scene.cell);
      // The c axis upwards, seen slightly from above and from the side.
      const upright = [[1, 0, 0], [0, 0, 1], [0, -1, 0]];
      let rotation = product(about(0, 0.28), product(about(1, -0.45), upright));
      let reach = 0;
      for (let i = 0; i < 8; i++) reach = Math.max(reach, Math.hypot(...corner(scene.cell, i)));
      for (const a of scene.atoms) reach = Math.max(reach, Math.hypot(a[0], a[1], a[2]) + a[3]);
      let marks = [];
      const draw = () => {
        const ratio = window.devicePixelRatio || 1, side = canvas.clientWidth || 220;
        canvas.width = canvas.height = Math.round(side * ratio);
        const g = canvas.getContext("2d"), scale = canvas.width / 2 / (reach * 1.04), middle = canvas.width / 2;
        const edge = getComputedStyle(document.documentElement).getPropertyValue("--edge").trim() || "#888";
        const project = p => { const q = turn(rotation, p), f = 1 + q[2] / reach * 0.12; return [middle + q[0] * scale * f, middle - q[1] * scale * f, q[2], f]; };
        marks = edges.map(([a, b]) => { const p = project(a), q = project(b); return { depth: (p[2] + q[2]) / 2, p, q }; });
        for (const a of scene.atoms) { const p = project(a); marks.push({ depth: p[2], p, radius: a[3] * scale * p[3], color: a[4], symbol: a[5] }); }
        marks.sort((a, b) => a.depth - b.depth);
        g.clearRect(0, 0, canvas.width, canvas.height);
        for (const m of marks) {
          g.beginPath();
          if (m.color) {
            const [x, y] = m.p, r = Math.max(1, m.radius);
            const light = g.createRadialGradient(x - r * 0.35, y - r * 0.4, r * 0.08, x, y, r);
            light.addColorStop(0, shade(m.color, 0.65)); light.addColorStop(0.45, m.color); light.addColorStop(1, shade(m.color, -0.38));
            g.fillStyle = light; g.arc(x, y, r, 0, 2 * Math.PI); g.fill();
          } else {
            g.strokeStyle = edge; g.globalAlpha = 0.45 + 0.4 * (m.depth / reach + 0.5); g.lineWidth = 1.1 * ratio;
            g.moveTo(m.p[0], m.p[1]); g.lineTo(m.q[0], m.q[1]); g.stroke(); g.globalAlpha = 1;
          }
        }
      };
      // The element under the pointer, the nearest atom before others.
      const elementAt = (x, y) => {
        const found = marks.filter(m => m.color && Math.hypot(m.p[0] - x, m.p[1] - y) <= m.radius);
        return found.length ? found[found.length - 1].symbol : "";
      };
      const turnBy = (dx, dy) => { rotation = product(about(0, dy), product(about(1, dx), rotation)); draw(); };
      let last = null;
      canvas.addEventListener("pointerdown", e => { last = [e.clientX, e.clientY]; canvas.setPointerCapture(e.pointerId); });
      canvas.addEventListener("pointermove", e => {
        if (!last) {
          const box = canvas.getBoundingClientRect(), scale = canvas.width / box.width;
          canvas.title = elementAt((e.clientX - box.left) * scale, (e.clientY - box.top) * scale);
          return;
        }
        turnBy((e.clientX - last[0]) * 0.012, (e.clientY - last[1]) * 0.012);
        last = [e.clientX, e.clientY];
      });
      for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { last = null; });
      const keys = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] };
      canvas.addEventListener("keydown", e => { if (keys[e.key]) { e.preventDefault(); turnBy(...keys[e.key]); } });
      draw();
      return draw;
    };
    const views = [...document.querySelectorAll("canvas[data-scene]")].map(view);
    const redraw = () => views.forEach(draw => draw());
    window.addEventListener("resize", redraw);
    window.addEventListener("beforeprint", redraw);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  })();
  """
