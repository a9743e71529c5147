// The front page: draws thirty days of sales, and looks twice a minute whether something new waits.
"use strict";

(() => {
  const place = document.getElementById("sales");
  const source = document.getElementById("sales-data");
  if (!place || !source || !window.echarts) return;
  const data = JSON.parse(source.textContent);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const yuan = (fen) => "¥" + (fen / 100).toLocaleString("zh-CN", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const short = (fen) => fen >= 1e6 ? `${(fen / 1e6).toLocaleString("zh-CN")}万` : (fen / 100).toLocaleString("zh-CN");
  const chart = window.echarts.init(place, null, { renderer: "canvas" });
  const last = data.days.length - 1;  // today is not over: its bar is pale, and the line ends with yesterday
  const axis = { axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: colour("--muted"), fontFamily: colour("--font") } };
  chart.setOption({
    animation: false,
    grid: { left: 8, right: 8, top: 12, bottom: 4, containLabel: true },
    xAxis: { ...axis, type: "category", data: data.days, axisLine: { lineStyle: { color: colour("--line") } } },
    yAxis: [
      { ...axis, type: "value", axisLabel: { ...axis.axisLabel, formatter: short }, splitLine: { lineStyle: { color: colour("--line-2") } } },
      { ...axis, type: "value", minInterval: 1, splitLine: { show: false } },
    ],
    series: [
      { type: "bar", data: data.paid_fen.map((value, i) => i === last ? { value, itemStyle: { opacity: 0.45 } } : value), itemStyle: { color: colour("--brand"), borderRadius: [3, 3, 0, 0] }, barMaxWidth: 18 },
      { type: "bar", data: data.refunded_fen, itemStyle: { color: "#f0a3ac", borderRadius: [3, 3, 0, 0] }, barMaxWidth: 18, barGap: "10%" },
      { type: "line", yAxisIndex: 1, data: data.paid.slice(0, last), symbol: "circle", symbolSize: 5, lineStyle: { color: "#e09a1a", width: 2 }, itemStyle: { color: "#e09a1a" } },
    ],
  });
  new ResizeObserver(() => chart.resize()).observe(place);
  const tip = document.querySelector(".chart-tip");
  const tell = (index) => {
    if (index < 0 || index >= data.days.length) { tip.textContent = ""; return; }
    tip.textContent = `${data.days[index]}  ${data.words.paid_fen} ${yuan(data.paid_fen[index])}  ${data.words.refunded_fen} ${yuan(data.refunded_fen[index])}  ${data.words.paid} ${data.paid[index]}`;
  };
  chart.getZr().on("mousemove", (event) => tell(chart.convertFromPixel({ xAxisIndex: 0 }, event.offsetX)));
  chart.getZr().on("globalout", () => tell(data.days.length - 1));
  tell(data.days.length - 1);
})();

(() => {
  const waiting = document.querySelector("[data-waiting]");
  if (!waiting) return;
  const title = document.title;
  const look = async () => {
    if (document.hidden) return;
    let counts;
    try {
      const answer = await fetch(waiting.dataset.waiting, { headers: { Accept: "application/json" }, redirect: "error" });
      if (!answer.ok) return;
      counts = await answer.json();
    } catch { return; }
    for (const [name, { count, number }] of Object.entries(counts)) {
      const tile = waiting.querySelector(`[data-name="${name}"]`);
      if (!tile) continue;
      const shown = tile.querySelector("strong");
      if (shown.textContent === number) continue;
      const before = Number.parseInt(shown.textContent.replace(/\D/g, ""), 10) || 0;
      shown.textContent = number;
      tile.classList.toggle("wait-fresh", count > before);
      if (name === "to_ship" && count > before) document.title = `(${number}) ${waiting.dataset.news} – ${title}`;
    }
  };
  setInterval(look, 30000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { document.title = title; look(); } });
})();
