'use strict';
(() => {
  const space = 'http://www.w3.org/2000/svg';

  // Shows the values of all lines at the point nearest to x, and marks that point.
  function show(chart, place) {
    const found = [...chart.querySelectorAll('polyline[data-x]')].filter(line => line.dataset.name);
    if (!found.length) return;
    const points = found.map(line => ({
      name: line.dataset.name,
      x: line.dataset.x.split(' '),
      y: line.dataset.y.split(' '),
      at: line.getAttribute('points').split(' ').map(point => Number(point.split(',')[0])),
    }));
    const all = [...new Set(points.flatMap(line => line.at))].sort((a, b) => a - b);
    const index = typeof place === 'function' ? place(all, chart.dataset.index) : all.reduce(
        (best, at, i) => Math.abs(at - place) < Math.abs(all[best] - place) ? i : best, 0);
    chart.dataset.index = index;
    let cursor = chart.querySelector('.cursor');
    if (!cursor) {
      cursor = document.createElementNS(space, 'line');
      cursor.setAttribute('class', 'cursor');
      chart.append(cursor);
    }
    cursor.setAttribute('x1', all[index]);
    cursor.setAttribute('x2', all[index]);
    cursor.setAttribute('y1', 12);
    cursor.setAttribute('y2', chart.dataset.bottom);
    // Long curves are downsampled and keep different points: use the nearest one of each line if it is within a pixel.
    const told = points.flatMap(line => {
      const off = at => Math.abs(at - all[index]);
      const i = line.at.reduce((best, at, j) => off(at) < off(line.at[best]) ? j : best, 0);
      return off(line.at[i]) > 0.9 ? [] : [[line.x[i], `${line.name} ${line.y[i]}`]];
    });
    const values = chart.parentElement.querySelector('.values');
    if (values) values.textContent = `${chart.dataset.x} ${told[0][0]}: ${told.map(t => t[1]).join(', ')}`;
  }

  function hide(chart) {
    chart.querySelector('.cursor')?.remove();
    const values = chart.parentElement.querySelector('.values');
    if (values) values.textContent = '';
  }

  function watch() {
    for (const chart of document.querySelectorAll('svg.chart')) {
      for (const kind of ['pointermove', 'pointerdown']) chart.addEventListener(kind, event => {
        chart.parentElement.querySelector('.values')?.removeAttribute('aria-live');
        const box = chart.getBoundingClientRect();
        show(chart, (event.clientX - box.left) / box.width * chart.viewBox.baseVal.width);
      });
      chart.addEventListener('pointerleave', () => hide(chart));
      chart.addEventListener('blur', () => hide(chart));
      chart.addEventListener('keydown', event => {
        const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
        if (!step) return;
        event.preventDefault();
        chart.parentElement.querySelector('.values')?.setAttribute('aria-live', 'polite');
        show(chart, (all, index) => Math.max(0, Math.min(all.length - 1, Number(index ?? -1) + step)));
      });
    }
  }

  // A live page replaces its contents when the server has a newer version.
  async function follow() {
    const state = document.getElementById('state');
    try {
      const version = (await (await fetch('version')).text()).trim();
      if (version !== document.body.dataset.version) {
        const page = new DOMParser().parseFromString(await (await fetch('.')).text(), 'text/html');
        const open = [...document.querySelectorAll('details')].map(d => d.open);
        document.querySelector('main').replaceWith(page.querySelector('main'));
        document.querySelector('header').replaceWith(page.querySelector('header'));
        document.querySelectorAll('details').forEach((d, i) => { d.open = open[i] ?? d.open; });
        document.title = page.title;
        document.body.dataset.version = page.body.dataset.version;
        document.body.dataset.live = page.body.dataset.live;
        watch();
      }
      wait = 1000;
    } catch (e) {
      if (state) state.textContent = 'Connection lost; showing the last update.';
      wait = Math.min(60000, 2 * wait);
    }
    if (document.body.dataset.live === 'yes') setTimeout(follow, wait);
  }

  let wait = 1000;
  addEventListener('beforeprint', () => document.querySelectorAll('details').forEach(d => { d.open = true; }));

  watch();
  if (document.body.dataset.live === 'yes') setTimeout(follow, 1000);
})();
