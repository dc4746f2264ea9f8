// The live line. One EventSource per browser: this same file is the page's module and the SharedWorker that all tabs
// share (browsers allow six HTTP/1.1 connections per host). The server sends `hint` (a topic such as
// `emergency.board:<id>`), never data, and `ping`; a page re-reads with its own rights. A silent line is a lost line:
// it is said within five seconds. After every (re)connection each topic is told once, so nothing missed stays missed.

const RETRIES = [500, 1000, 2000, 4000, 8000, 15000];
const PING_SECONDS = 2; // unless the data of a ping says another rhythm

class Line {
  constructor(url, tell) {
    Object.assign(this, { url, tell, topics: [], state: "", since: 0, tries: 0, patience: 0 });
    this.rhythm(PING_SECONDS);
    setInterval(() => this.watch(), 400);
    self.addEventListener("offline", () => this.source && this.lost());
    self.addEventListener("online", () => this.state === "offline" && this.open());
  }

  rhythm(seconds) { this.patience = seconds * 2000 + 300; }

  listen(topics) {
    const wanted = [...new Set(topics)].sort();
    if (wanted.join() === this.topics.join()) return;
    this.topics = wanted;
    if (wanted.length) this.open();
    else this.close();
  }

  close() {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  open() {
    this.close();
    this.since ||= Date.now();
    this.heardAt = Date.now();
    const source = new EventSource(`${this.url}?sujets=${this.topics.map(encodeURIComponent).join(",")}`);
    source.onopen = () => { this.heard(); for (const topic of this.topics) this.tell({ topic }); };
    source.addEventListener("hint", ({ data }) => { this.heard(); this.tell({ topic: data }); });
    source.addEventListener("ping", ({ data }) => { if (Number(data) > 0) this.rhythm(Number(data)); this.heard(); });
    source.onerror = () => this.lost();
    this.source = source;
  }

  heard() {
    this.since = this.heardAt = Date.now();
    this.tries = 0;
    if (this.state !== "online") this.tell({ state: (this.state = "online") });
  }

  watch() {
    if (this.source && Date.now() - this.heardAt > this.patience) this.lost();
  }

  lost() {
    this.close();
    if (this.state !== "offline") this.tell({ state: (this.state = "offline"), since: this.since });
    const wait = RETRIES[Math.min(this.tries++, RETRIES.length - 1)];
    this.retry = setTimeout(() => this.open(), wait * (0.75 + Math.random() / 2));
  }
}

if (self.constructor.name === "SharedWorkerGlobalScope") work();
else attend();

function work() {
  const tabs = new Map();
  let line = null;
  const listen = () => line?.listen([...tabs.values()].flat());
  const leave = (port) => { tabs.delete(port); listen(); };
  self.onconnect = ({ ports: [port] }) => {
    port.onmessage = ({ data }) => {
      if (data.leave) return leave(port);
      line ??= new Line(data.url, (word) => { for (const one of tabs.keys()) one.postMessage(word); });
      tabs.set(port, data.topics);
      if (line.state) port.postMessage({ state: line.state, since: line.since });
      // A tab holds a lock named by itself for as long as it lives: when we are given it, the tab is gone.
      if (data.lock) self.navigator.locks?.request(data.lock, () => leave(port));
      listen();
    };
  };
}

function attend() {
  const root = document.documentElement;
  const url = new URL("/flux/", location.href).href;
  let mine = [];
  let port = null;
  let line = null;
  let lostAt = 0;

  const topics = () => [...new Set([...document.querySelectorAll("[data-maison-topics]")]
    .flatMap((element) => element.dataset.maisonTopics.split(/[\s,]+/).filter(Boolean)))];

  function say(name, detail) {
    document.body.dispatchEvent(new CustomEvent(`maison:${name}`, { detail, bubbles: true }));
  }

  // One reading at a time. A topic told while an answer is on its way waits for it: that answer may be older than what
  // was told, and its swap takes away the element that would have read again.
  // Then it rests a moment, so that a busy evening is read a few times a second and not once a message.
  const REST = 150;
  const told = new Set();
  let underWay = 0;

  function read(topic) {
    if (underWay) told.add(topic);
    else say(topic.split(":")[0], { topic });
  }

  document.body.addEventListener("htmx:beforeSend", ({ detail: { xhr } }) => {
    underWay += 1;
    xhr.addEventListener("loadend", () => setTimeout(() => {
      if (--underWay) return;
      const waiting = [...told];
      told.clear();
      waiting.forEach(read);
    }, REST));
  });

  function hear({ topic, state, since }) {
    if (topic && mine.includes(topic)) read(topic);
    if (!state || root.dataset.maisonConnectionState === state) return;
    root.dataset.maisonConnectionState = state;
    lostAt = state === "offline" ? since : 0;
    band(state);
    say(state, { since });
  }

  function band(state) {
    const band = document.querySelector("[data-maison-connection]");
    if (!band) return;
    const was = !band.hidden;
    band.hidden = state !== "offline";
    document.querySelector("[data-maison-connection-said]").textContent =
      state === "offline" ? "Connexion perdue." : was ? "Connexion rétablie, informations relues." : "";
    age();
  }

  function age() {
    if (!lostAt) return;
    const seconds = Math.max(1, Math.round((Date.now() - lostAt) / 1000));
    const text = seconds < 60 ? `${seconds}\u00a0s` : seconds < 3600 ? `${Math.trunc(seconds / 60)}\u00a0min` : `${Math.trunc(seconds / 3600)}\u00a0h`;
    document.querySelector("[data-maison-connection-age]").textContent = `depuis ${text}`;
  }
  setInterval(age, 1000);

  function alone() {
    port = null;
    line ??= new Line(url, hear);
    line.listen(mine);
  }

  function join() {
    mine = topics();
    if (line) return line.listen(mine);
    if (!port && !mine.length) return;
    if (!port) {
      if (!("SharedWorker" in self)) return alone();
      const worker = new SharedWorker(import.meta.url, { type: "module", name: `maison-${root.dataset.maisonSession}` });
      worker.onerror = alone;
      port = worker.port;
      port.onmessage = ({ data }) => hear(data);
      const lock = crypto.randomUUID?.();
      if (lock && navigator.locks) {
        // Told once the lock is held: a worker that asked first would believe this tab gone.
        navigator.locks.request(lock, () => {
          port.postMessage({ topics: mine, url, lock });
          return new Promise(() => {});
        });
        return;
      }
    }
    port.postMessage({ topics: mine, url });
  }

  addEventListener("pagehide", () => { port?.postMessage({ leave: true }); line?.listen([]); });
  addEventListener("pageshow", (event) => event.persisted && join());
  htmx.onLoad(() => topics().join() !== mine.join() && join());
  join();
}
