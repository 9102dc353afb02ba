// Words of the page in both languages, and how times and numbers are said.
let lang = "tr";
const WORDS = {
  alerts: ["Uyarılar", "Alerts"], vehicles: ["Araçlar", "Vehicles"], fixes: ["Konum", "Fixes"], active: ["Süren", "Ongoing"],
  ended: ["Bitti", "Ended"], side: ["Uyarı ve araç listeleri", "Lists of alerts and vehicles"],
  map: ["Harita. Ok tuşları kaydırır, artı ve eksi yakınlaştırır, 0 tümünü gösterir, boşluk oynatır, Esc seçimi kaldırır.",
    "Map. Arrow keys pan, plus and minus zoom, 0 shows all, space plays, Esc clears the selection."],
  anyKind: ["Tüm türler", "All kinds"], kind: ["Tür", "Kind"], sort: ["Sıralama", "Order"], when: ["Dönem", "Period"],
  newest: ["Yeniden eskiye", "Newest first"], oldest: ["Eskiden yeniye", "Oldest first"], byPriority: ["Önceliğe göre", "By priority"],
  byKind: ["Türe göre", "By kind"], byVehicle: ["Araca göre", "By vehicle"], byPlate: ["Plakaya göre", "By plate"], byCount: ["Uyarı sayısına göre", "By alerts"],
  wholeDay: ["Tüm süre", "Whole period"], untilNow: ["Seçili ana kadar", "Up to the moment"], atNow: ["O anda süren", "Ongoing then"],
  search: ["Plaka, cihaz veya sefer ara", "Search plate, unit or journey"], more: ["Daha fazla göster", "Show more"],
  noAlerts: ["Bu seçime uyan uyarı yok.", "No alert matches."], noVehicles: ["Araç bulunamadı.", "No vehicle found."],
  unit: ["Cihaz", "Unit"], journey: ["Sefer", "Journey"], subject: ["Konu", "Subject"], onset: ["Başlangıç", "Onset"], raised: ["Uyarı", "Raised"],
  end: ["Bitiş", "Ended"], goesOn: ["sürüyor", "ongoing"], lasted: ["Süre", "Duration"], priority: ["Öncelik", "Priority"], todo: ["Yapılacak", "What to do"], why: ["Gerekçe", "Why"],
  fix: ["Son konum", "Last fix"], ago: ["önce", "ago"], speed: ["Hız", "Speed"], quality: ["Nitelik", "Quality"], place: ["Yer", "Position"], corridor: ["Koridor", "Corridor"],
  zone: ["Bölge", "Zone"], office: ["Müdürlük", "Office"], clean: ["temiz", "clean"], noFix: ["Bu anda henüz konum yok", "No fix yet at this moment"], close: ["Kapat", "Close"],
  speedChart: ["Hız (km/sa) ve uyarılar", "Speed (km/h) and alerts"], all: ["Tüm haritayı göster", "Show everything"], zoomIn: ["Yakınlaştır", "Zoom in"], zoomOut: ["Uzaklaştır", "Zoom out"],
  legend: ["Gösterge", "Legend"], layers: ["Katmanlar", "Layers"], corridors: ["Koridorlar", "Corridors"], tracks: ["İzler", "Tracks"], labels: ["Adlar", "Names"],
  play: ["Oynat", "Play"], pause: ["Durdur", "Pause"], perSecond: ["Oynatma", "Playback"], trail: ["İz", "Trail"], trailAll: ["tümü", "all"], time: ["Zaman", "Time"], min: ["dk", "min"], h: ["sa", "h"], d: ["g", "d"], s: ["sn", "s"],
  filled: ["dolu: sürüyor", "filled: ongoing"], hollow: ["boş: bitti", "hollow: ended"], moving: ["giden araç", "moving vehicle"], standing: ["duran araç", "standing vehicle"],
  silent: ["kesik: konum gelmedi", "dashed: no fixes"], doubtful: ["şüpheli konum", "doubtful fix"], zonesHere: ["Bölgeler", "Zones"], together: ["uyarı bir arada", "alerts together"], of: ["/", "/"],
};
const say = key => WORDS[key][lang === "tr" ? 0 : 1];
const pad = (n, width = 2) => String(n).padStart(width, "0");
const SHIFT = 3 * 3600; // Europe/Istanbul: +03:00 without summer time since 2016

const count = n => n.toLocaleString(lang === "tr" ? "tr-TR" : "en-GB");
function parts(seconds, shift) {
  const d = new Date((seconds + shift) * 1000);
  if (Number.isNaN(d.getTime())) return { date: "?", time: "?", short: "?" };
  const time = `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}`;
  return { date: `${pad(d.getUTCDate())}.${pad(d.getUTCMonth() + 1)}.${d.getUTCFullYear()}`, time: `${time}:${pad(d.getUTCSeconds())}`, short: time };
}
const localTime = s => { const p = parts(s, SHIFT); return `${p.date} ${p.time}`; };
const localShort = s => { const p = parts(s, SHIFT); return `${p.date.slice(0, 5)} ${p.short}`; };
const utcTime = s => { const p = parts(s, 0); return `${p.date} ${p.time} UTC`; };
function duration(s) {
  if (s < 60) return `${Math.round(s)} ${say("s")}`;
  const minutes = Math.round(s / 60);
  if (minutes < 60) return `${minutes} ${say("min")}`;
  if (minutes < 2880) return `${Math.floor(minutes / 60)} ${say("h")}${minutes % 60 ? ` ${minutes % 60} ${say("min")}` : ""}`;
  return `${Math.floor(minutes / 1440)} ${say("d")} ${Math.floor(minutes % 1440 / 60)} ${say("h")}`;
}
const kmh = tenths => tenths < 0 ? "–" : `${Math.round(tenths * 0.36)} ${lang === "tr" ? "km/sa" : "km/h"}`;

/// An element with attributes and children; text is only ever text.
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}
const $ = id => document.getElementById(id);
