// Ticking words: ages, countdowns, elapsed times and the wall's own clock. The server wrote the first text with the
// same rules (maison/ui/french.py, templatetags/maison_ui.py); a test compares both. The hour is the server's: a ward
// computer whose clock is wrong still counts right.
const NB = "\u00a0";
const DAYS = ["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."];
const MONTHS = ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."];
const PARIS = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/Paris", weekday: "short", day: "numeric", month: "numeric", year: "numeric",
  hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const FRESH_WORDS = { fresh: "", late: " · en retard", stale: " · périmé" };

const said = document.documentElement.dataset.maisonNow;
const [navigation] = performance.getEntriesByType("navigation");
const offset = said ? Date.parse(said) - (performance.timeOrigin + (navigation?.responseStart || 0)) : 0;
const now = () => Date.now() + offset;

function duration(seconds) {
  const whole = Math.max(0, Math.trunc(seconds));
  if (whole < 60) return `${whole}${NB}s`;
  if (whole < 3600) return `${Math.trunc(whole / 60)}${NB}min`;
  if (whole < 86400) {
    const minutes = Math.trunc((whole % 3600) / 60);
    return `${Math.trunc(whole / 3600)}${NB}h` + (minutes ? `${NB}${String(minutes).padStart(2, "0")}` : "");
  }
  return `${Math.trunc(whole / 86400)}${NB}j`;
}

function parts(at) {
  return Object.fromEntries(PARIS.formatToParts(new Date(at)).map((part) => [part.type, part.value]));
}

function dayOf(at) {
  const { day, month, year } = parts(at);
  return `${Number(day) === 1 ? "1er" : Number(day)} ${MONTHS[month - 1]} ${year}`;
}

function age(passed, at) {
  if (Math.abs(passed) >= 60 * 86400) return `le ${dayOf(at)}`;
  if (passed > -10 && passed < 10) return "à l'instant";
  return passed > 0 ? `il y a ${duration(passed)}` : `dans ${duration(-passed)}`;
}

function countdown(passed) {
  if (passed <= -60) return `dans ${duration(-passed)}`;
  if (passed < 0) return `moins d'1${NB}min`;
  if (passed < 60) return "attendu maintenant";
  return `en retard de ${duration(passed)}`;
}

function limits(element, passed, sign) {
  const { warn, danger, warnWord, dangerWord } = element.dataset;
  if (danger && passed >= sign * danger * 60) return ["danger", dangerWord];
  if (warn && passed >= sign * warn * 60) return ["warn", warnWord];
  return ["calm", ""];
}

const say = {
  age: (element, passed, at) => {
    const chip = element.parentElement;
    if (chip?.dataset.fresh) {
      const state = passed <= chip.dataset.fresh ? "fresh" : passed <= chip.dataset.stale ? "late" : "stale";
      if (chip.dataset.state !== state) {
        chip.dataset.state = state;
        chip.querySelector("b").textContent = FRESH_WORDS[state];
      }
    }
    return age(passed, at);
  },
  countdown: (element, passed) => counted(element, countdown(passed), limits(element, passed, -1)),
  elapsed: (element, passed) => counted(element, `depuis ${duration(passed)}`, limits(element, passed, 1)),
  now: () => { const { hour, minute } = parts(now()); return `${hour}:${minute}`; },
};

function counted(element, text, [state, word]) {
  if (element.dataset.state !== state) element.dataset.state = state;
  return word ? `${text} · ${word}` : text;
}

function tick() {
  const instant = now();
  for (const element of document.querySelectorAll("[data-maison-clock]")) {
    const at = Date.parse(element.dateTime);
    const text = say[element.dataset.maisonClock]?.(element, (instant - at) / 1000, at);
    if (text && element.textContent !== text) element.textContent = text;
  }
}

tick();
setInterval(tick, 1000);
document.addEventListener("visibilitychange", () => document.hidden || tick());
htmx.onLoad(tick);
