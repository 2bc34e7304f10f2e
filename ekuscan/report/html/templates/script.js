
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, words, name) => Object.assign(document.createElement(tag), { textContent: words, className: name || "" });
  // Where a page may keep nothing, it keeps nothing.
  const kept = {
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { value ? localStorage.setItem(key, value) : localStorage.removeItem(key); } catch { /* not kept */ } },
  };

  const theme = document.querySelector(".theme");
  const themes = ["", "light", "dark"];
  const words = { "": "Colours: as the system", light: "Colours: light", dark: "Colours: dark" };
  const wear = (name) => {
    name ? document.documentElement.setAttribute("data-theme", name) : document.documentElement.removeAttribute("data-theme");
    theme.textContent = words[name];
  };
  const worn = kept.get("ekuscan:theme");
  wear(themes.includes(worn) ? worn : "");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const now = document.documentElement.getAttribute("data-theme") || "";
    const next = themes[(themes.indexOf(now) + 1) % themes.length];
    wear(next);
    kept.set("ekuscan:theme", next);
  });

  const run = document.body.dataset.run;
  for (const box of all(".todo input")) {
    const key = `ekuscan:${run}:${box.id}`;
    box.checked = kept.get(key) === "done";
    box.addEventListener("change", () => kept.set(key, box.checked ? "done" : ""));
  }

  // A list keeps all of its rows, and shows those of one page. Rows behind the first ones are read when they are wanted.
  class List {
    constructor(section) {
      this.section = section;
      this.size = Number(section.dataset.size);
      this.noun = section.dataset.noun;
      this.holder = section.querySelector(".rows");
      this.rows = [...this.holder.querySelectorAll(":scope > .row")];
      this.rest = section.querySelector("noscript");
      this.shown = null;
      this.at = 0;
      this.pages = section.querySelector(".pages");
      this.tools = section.querySelector(".tools");
      this.find = this.tools.querySelector("input");
      this.choice = this.tools.querySelector("select");
      this.told = this.tools.querySelector("output");
      this.sortable();
      let timer = 0;
      const later = () => { clearTimeout(timer); timer = setTimeout(() => this.filter(), 120); };
      this.find.addEventListener("input", later);
      if (this.choice) this.choice.addEventListener("change", () => this.filter());
      this.pages.querySelector(".back").addEventListener("click", () => this.show(this.at - this.size));
      this.pages.querySelector(".on").addEventListener("click", () => this.show(this.at + this.size));
      this.tools.hidden = this.rows.length < 2;
      this.many = this.rest !== null;
      if (this.many || this.rows.length > this.size) this.show(0); else this.tell();
    }
    read() {
      if (!this.rest) return;
      const more = new DOMParser().parseFromString(this.rest.textContent, "text/html");
      this.rest.remove();
      this.rest = null;
      this.rows.push(...all(".row", more).map((row) => document.adoptNode(row)));
    }
    visible() { this.read(); return this.shown || this.rows; }
    filter() {
      this.read();
      const wanted = this.find.value.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
      const sign = this.choice ? this.choice.value : "";
      const fits = (row) => {
        if (sign && row.dataset.s !== sign) return false;
        if (!wanted.length) return true;
        row.plain ??= row.textContent.toLocaleLowerCase();
        return wanted.every((word) => row.plain.includes(word));
      };
      this.shown = wanted.length || sign ? this.rows.filter(fits) : null;
      this.show(0);
    }
    show(from) {
      const rows = this.visible();
      this.at = Math.max(0, Math.min(from, Math.floor((rows.length - 1) / this.size) * this.size));
      this.put(rows.slice(this.at, this.at + this.size));
      this.pages.hidden = rows.length <= this.size;
      this.pages.querySelector(".back").disabled = this.at === 0;
      this.pages.querySelector(".on").disabled = this.at + this.size >= rows.length;
      this.pages.querySelector("span").textContent = `${this.at + 1} to ${Math.min(this.at + this.size, rows.length)} of ${rows.length.toLocaleString("en")}`;
      this.tell();
    }
    put(rows) {
      for (const row of [...this.holder.querySelectorAll(":scope > .row")]) row.remove();
      this.holder.append(...rows);
    }
    tell() {
      const count = (this.shown || this.rows).length;
      this.told.textContent = this.shown ? `${count.toLocaleString("en")} of ${this.rows.length.toLocaleString("en")} ${this.noun}` : "";
    }
    sortable() {
      const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
      all("th", this.holder).forEach((head, column) => {
        const button = make("button", head.textContent);
        button.type = "button";
        head.replaceChildren(button);
        button.addEventListener("click", () => {
          this.read();
          const down = head.getAttribute("aria-sort") === "ascending";
          const key = (row) => { const cell = row.rows[0].cells[column]; return cell.dataset.v ?? cell.textContent.trim(); };
          const keyed = this.rows.map((row, place) => [key(row), place, row]);
          // What has no value stands last, whichever way the others go.
          keyed.sort(([a, m], [b, n]) => (a === "") - (b === "") || (down ? -1 : 1) * order.compare(a, b) || m - n);
          this.rows = keyed.map((entry) => entry[2]);
          for (const other of all("th", this.holder)) other.removeAttribute("aria-sort");
          head.setAttribute("aria-sort", down ? "descending" : "ascending");
          this.filter();
        });
      });
    }
    reveal(id) {
      const given = document.getElementById(id);
      if (given && this.holder.contains(given)) return given;
      this.read();
      const row = this.rows.find((one) => one.id === id);
      if (!row) return null;
      if (!(this.shown || this.rows).includes(row)) this.reset();
      this.show(Math.floor((this.shown || this.rows).indexOf(row) / this.size) * this.size);
      return row;
    }
    reset() { this.find.value = ""; if (this.choice) this.choice.value = ""; this.shown = null; }
  }
  const lists = all("section.list").filter((section) => section.querySelector(".rows")).map((section) => new List(section));

  const reveal = (id) => {
    for (const list of /^[pvceh]\d+$/.test(id) ? lists : []) {
      const row = list.reveal(id);
      if (row) {
        const closed = row.querySelector("details");
        if (closed) closed.open = true;
        row.scrollIntoView({ block: "center" });
        return;
      }
    }
    const place = document.getElementById(id);
    const closed = place && place.closest("details");
    if (closed) { closed.open = true; place.scrollIntoView({ block: "center" }); }
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (!link || link.closest("svg")) return;
    const show = link.dataset.show;
    const list = show && lists.find((one) => `#${one.section.id}` === link.getAttribute("href"));
    if (list && list.choice) { list.find.value = ""; list.choice.value = show; list.filter(); }
    const find = link.dataset.find;
    const verdicts = find && lists.find((one) => one.section.id === "verdicts");
    if (verdicts) { verdicts.reset(); verdicts.find.value = find; verdicts.filter(); }
    requestAnimationFrame(() => reveal(link.getAttribute("href").slice(1)));
  });
  addEventListener("hashchange", () => reveal(location.hash.slice(1)));
  if (location.hash) reveal(location.hash.slice(1));

  const map = document.querySelector(".map");
  const panel = document.querySelector(".panel");
  if (map && panel) {
    const lines = all(".line", map);
    const frames = all(".frame", map);
    let pinned = null;
    const parts = (one) => {
      const number = one.dataset.link;
      if (number) return [[one], one.dataset.ends.split(" ")];
      const mine = lines.filter((line) => line.dataset.ends.split(" ").includes(one.dataset.group));
      return [mine, [one.dataset.group, ...mine.flatMap((line) => line.dataset.ends.split(" "))]];
    };
    const light = (one) => {
      for (const lit of all(".lit", map)) lit.classList.remove("lit");
      map.classList.toggle("dim", one !== null);
      if (one === null) return;
      const [mine, ends] = parts(one);
      for (const line of mine) line.classList.add("lit");
      for (const frame of frames) if (ends.includes(frame.dataset.group)) frame.classList.add("lit");
    };
    const say = (one) => {
      light(one);
      panel.hidden = one === null;
      panel.replaceChildren();
      if (one === null) return;
      const entry = document.getElementById(one.getAttribute("href").slice(1));
      for (const child of entry ? entry.childNodes : []) panel.append(child.cloneNode(true));
      if (one.dataset.group && !one.classList.contains("far")) {
        const link = make("a", "Its verdicts");
        link.href = "#verdicts";
        link.dataset.find = entry.querySelector("bdi").textContent;
        panel.append(link);
      }
    };
    for (const one of [...lines, ...frames]) {
      one.addEventListener("mouseenter", () => { if (!pinned) say(one); });
      one.addEventListener("mouseleave", () => { if (!pinned) say(null); });
      one.addEventListener("focus", () => { if (pinned !== one) { pinned = null; say(one); } });
      one.addEventListener("blur", () => { if (!pinned) say(null); });
      one.addEventListener("click", (event) => { event.preventDefault(); pinned = pinned === one ? null : one; say(one); });
    }
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") { pinned = null; say(null); } });
    document.addEventListener("click", (event) => {
      if (pinned && !map.contains(event.target) && !panel.contains(event.target)) { pinned = null; say(null); }
    });
  }

  // Paper has no second page of a list and nothing to unfold.
  const most = 500;
  let opened = [];
  addEventListener("beforeprint", () => {
    for (const list of lists) {
      const rows = list.visible();
      if (rows.length > list.size && rows.length <= most) list.put(rows);
    }
    opened = all("#problems details:not([open]), .map-list details:not([open])");
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
    for (const list of lists) if (list.visible().length > list.size) list.show(list.at);
  });
})();
