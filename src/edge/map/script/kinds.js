// Names, colours and signs of kinds, priorities, zone classes and qualities.
const KINDS = {
  corridor_deviation: ["Koridordan sapma", "Corridor deviation"], unusual_stop: ["Olağan dışı duruş", "Unusual stop"], overstay: ["Süre aşımı (konaklama)", "Overstay"],
  slow_progress: ["Yavaş ilerleme", "Slow progress"], zone_enter: ["Bölgeye giriş", "Zone entered"], zone_exit: ["Bölgeden çıkış", "Zone left"], zone_dwell: ["Bölgede bekleme", "Dwell in zone"],
  zone_crossed: ["Bölgeden geçiş", "Zone crossed"], territory_exit: ["Gümrük bölgesinden çıkış", "Left the territory"], border_approach: ["Sınıra yaklaşma", "Border approach"],
  hold_violation: ["Alıkoyma ihlali", "Hold violation"], left_before_clearance: ["İzinsiz hareket", "Left before clearance"], arrived_not_deactivated: ["Vardı, kapatılmadı", "Arrived, not deactivated"],
  route_time_warning: ["Yol süresi doluyor", "Route time running out"], route_time_exceeded: ["Yol süresi aşıldı", "Route time exceeded"], wrong_direction: ["Ters yön", "Wrong direction"],
  checkpoint_missed: ["Geçiş noktası atlandı", "Checkpoint missed"], silence: ["Cihaz sessiz", "Unit silent"], gnss_lost: ["Konum alınamıyor", "GNSS lost"], gnss_frozen: ["Konum donmuş", "GNSS frozen"],
  jamming: ["Sinyal karıştırma", "Jamming"], position_jump: ["Konum sıçraması", "Position jump"], dual_position: ["Çift konum", "Two positions"], unverified_interval: ["Doğrulanamayan aralık", "Unverified interval"],
  tamper: ["Cihaza müdahale", "Tampering"], seal: ["Mühür", "Seal"], low_battery: ["Pil zayıf", "Battery low"], battery_will_not_last: ["Pil yetmeyecek", "Battery will not last"],
  unloading_suspicion: ["Boşaltma şüphesi", "Unloading suspected"], handover_due: ["Devir zamanı", "Handover due"], rendezvous: ["Buluşma", "Rendezvous"], crowd: ["Yığılma", "Crowd"],
  regional_outage: ["Bölgesel kesinti", "Regional outage"], system_outage: ["Sistem kesintisi", "System outage"], separation: ["Araçtan ayrılma", "Separation"],
};
const PRIORITIES = {
  high: { name: ["Yüksek", "High"], colour: "#b3131b", rank: 3 }, medium: { name: ["Orta", "Medium"], colour: "#d98200", rank: 2 },
  low: { name: ["Düşük", "Low"], colour: "#1f6fb2", rank: 1 }, journal: { name: ["Kayıt", "Journal"], colour: "#727c87", rank: 0 },
};
const CLASSES = {
  territory: { name: ["Gümrük bölgesi", "Customs territory"], colour: "#7b5aa6" }, office_area: { name: ["Müdürlük alanı", "Office area"], colour: "#8a97a5" },
  border_gate: { name: ["Sınır kapısı", "Border gate"], colour: "#16395c" }, customs_area: { name: ["Gümrük sahası", "Customs area"], colour: "#2a6f97" },
  warehouse: { name: ["Antrepo", "Warehouse"], colour: "#7a5230" }, permitted_stop: { name: ["Mola yeri", "Permitted stop"], colour: "#2f7d4f" },
  lodging: { name: ["Konaklama yeri", "Lodging"], colour: "#1b6b5f" }, queue: { name: ["Kuyruk alanı", "Queue"], colour: "#56739a" },
  checkpoint: { name: ["Geçiş noktası", "Checkpoint"], colour: "#6a4c93" }, forbidden: { name: ["Yasak bölge", "Forbidden zone"], colour: "#b3131b" },
  risk: { name: ["Riskli bölge", "Risk zone"], colour: "#c26a00" }, watch: { name: ["İzleme bölgesi", "Watch zone"], colour: "#8a7400" }, dead_zone: { name: ["Kapsama dışı", "Dead zone"], colour: "#707070" },
};
const QUALITIES = {
  approximate: ["yaklaşık", "approximate"], conflict: ["çelişen", "conflicting"], duplicate: ["yinelenen", "duplicate"], field: ["alan hatası", "bad field"], future: ["ileri saat", "future clock"],
  glitch: ["sıçrama", "glitch"], invalid: ["geçersiz", "invalid"], late: ["geç geldi", "late"], null_island: ["0,0 konumu", "null island"], speed: ["olanaksız hız", "impossible speed"],
  weak: ["zayıf sinyal", "weak"], week_rollover: ["hafta sayacı", "week rollover"],
};
const SUBJECTS = { journey: ["sefer", "journey"], unit: ["cihaz", "unit"], stop: ["duruş", "stop"], system: ["sistem", "system"], sensor: ["algılayıcı", "sensor"], pair: ["çift", "pair"], cell: ["hücre", "cell"] };
const word = (table, key) => (Object.hasOwn(table, key) ? table[key] : [key, key])[lang === "tr" ? 0 : 1];
const kindName = kind => word(KINDS, kind);
const priority = key => Object.hasOwn(PRIORITIES, key) ? PRIORITIES[key] : { name: [key, key], colour: "#727c87", rank: 0 };
const priorityName = key => priority(key).name[lang === "tr" ? 0 : 1];
const zoneClass = key => Object.hasOwn(CLASSES, key) ? CLASSES[key] : { name: [key, key], colour: "#707070" };
const className = key => zoneClass(key).name[lang === "tr" ? 0 : 1];
const qualityName = text => text ? text.split(",").map(name => word(QUALITIES, name)).join(", ") : say("clean");

/// The sign of a priority round (x, y): triangle, diamond, circle, small square, so that colour is not all that tells them apart.
function sign(context, x, y, size, key, hollow) {
  const { colour, rank } = priority(key);
  const r = size * [0.55, 0.82, 1, 1.12][rank];
  context.beginPath();
  if (rank === 3) { context.moveTo(x, y - r); context.lineTo(x + r, y + r * 0.78); context.lineTo(x - r, y + r * 0.78); context.closePath(); }
  else if (rank === 2) { context.moveTo(x, y - r); context.lineTo(x + r, y); context.lineTo(x, y + r); context.lineTo(x - r, y); context.closePath(); }
  else if (rank === 1) context.arc(x, y, r, 0, 2 * Math.PI);
  else context.rect(x - r, y - r, 2 * r, 2 * r);
  context.lineJoin = "round";
  context.lineWidth = 4; context.strokeStyle = "#fff"; context.stroke();
  context.fillStyle = hollow ? "#fff" : colour; context.fill();
  context.lineWidth = 1.8; context.strokeStyle = colour; context.stroke();
  if (rank === 3) {
    context.fillStyle = hollow ? colour : "#fff";
    context.fillRect(x - r * 0.11, y - r * 0.38, r * 0.22, r * 0.62); context.fillRect(x - r * 0.11, y + r * 0.36, r * 0.22, r * 0.22);
  }
}
/// The same sign for lists.
function icon(key, hollow = false, size = 16) {
  const { colour, rank } = priority(key), ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  const put = (tag, attributes) => { const n = document.createElementNS(ns, tag); for (const k in attributes) n.setAttribute(k, attributes[k]); svg.append(n); };
  for (const [k, v] of Object.entries({ viewBox: "0 0 16 16", width: size, height: size, role: "img", "aria-label": priorityName(key) })) svg.setAttribute(k, v);
  const style = { fill: hollow ? "#fff" : colour, stroke: colour, "stroke-width": 1.6, "stroke-linejoin": "round" };
  if (rank === 3) { put("path", { d: "M8 1.5 L15 14 L1 14 Z", ...style }); put("path", { d: "M8 5.8 V10 M8 11.3 V12.6", stroke: hollow ? colour : "#fff", "stroke-width": 1.7 }); }
  else if (rank === 2) put("path", { d: "M8 1.5 L14.5 8 L8 14.5 L1.5 8 Z", ...style });
  else if (rank === 1) put("circle", { cx: 8, cy: 8, r: 5.6, ...style });
  else put("rect", { x: 4.5, y: 4.5, width: 7, height: 7, ...style });
  return svg;
}
