// Copy buttons, search while typing, and the composer while choosing. Pages are complete without it.
"use strict";

const MOST_SHOWN = 12;
const MOST_ARTICLES = 5;
// How long typing must pause before the server is asked for articles, in milliseconds.
const PAUSE = 200;

// Exported files that are opened by hand: a folder has no page of its own there.
if (location.protocol === "file:") {
  for (const link of document.querySelectorAll("a[href]")) {
    if (link.protocol === "file:" && link.pathname.endsWith("/")) link.pathname += "index.html";
  }
}

// A picture that can't be had leaves a quiet place, not a broken one.
function forget(image) {
  image.classList.add("missing");
}
for (const image of document.images) {
  // One that has failed before this runs. A lazy one that is yet to be loaded is not complete.
  if (image.complete && image.naturalWidth === 0) forget(image);
}
document.addEventListener("error", (event) => event.target instanceof HTMLImageElement && forget(event.target), true);

function startCopying(part) {
  for (const button of part.querySelectorAll("button[data-copy]")) {
    const label = button.textContent;
    button.hidden = false;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = "Copied";
        button.classList.add("done");
      } catch {
        // No right to the clipboard: mark the address, so that a keystroke copies it.
        getSelection().selectAllChildren(button.parentElement.querySelector("a"));
        button.textContent = "Selected";
      }
      setTimeout(() => {
        button.textContent = label;
        button.classList.remove("done");
      }, 2000);
    });
  }
}
startCopying(document);

// Accents and case count for nothing.
function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

// How well a group answers all words: 0 not at all, more where a word begins its name.
function rank(group, words) {
  let points = 0;
  for (const word of words) {
    const place = group.text.indexOf(word);
    if (place < 0) return 0;
    points += place === 0 ? 4 : group.text[place - 1] === " " ? 2 : 1;
  }
  return points;
}

// How many slips lead from one word to the beginning of another: letters left out, put in, exchanged, or in the wrong order
// (Damerau-Levenshtein distance); more than `most` where there are more.
function slips(word, other, most) {
  let before = [];
  let last = Array.from({ length: other.length + 1 }, (_, place) => place);
  for (let at = 1; at <= word.length; at++) {
    const row = [at];
    for (let place = 1; place <= other.length; place++) {
      const same = word[at - 1] === other[place - 1] ? 0 : 1;
      row[place] = Math.min(last[place] + 1, row[place - 1] + 1, last[place - 1] + same);
      if (at > 1 && place > 1 && word[at - 1] === other[place - 2] && word[at - 2] === other[place - 1]) {
        row[place] = Math.min(row[place], before[place - 2] + 1);
      }
    }
    if (Math.min(...row) > most) return most + 1;
    [before, last] = [last, row];
  }
  // The other word may go on.
  return Math.min(...last.slice(Math.max(0, word.length - most)));
}

// The same for words with slips in them: one in a word of four letters or more, two in a long one.
function rankLoosely(group, words) {
  group.words ??= group.text.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  let points = 0;
  for (const word of words) {
    const most = word.length < 4 ? 0 : word.length < 8 ? 1 : 2;
    const least = Math.min(...group.words.map((other) => slips(word, other.slice(0, word.length + most), most)));
    if (least > most) return 0;
    points += 3 - least;
  }
  return points;
}

// The best groups for what was typed, best first; those with more articles come first in the list already. Slips are looked
// over only where nothing is spelled so.
function find(groups, typed) {
  const words = fold(typed).split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  for (const ranked of [rank, rankLoosely]) {
    const found = groups.map((group) => ({ group, points: ranked(group, words) })).filter(({ points }) => points);
    if (found.length) return found.sort((one, other) => other.points - one.points).map(({ group }) => group);
  }
  return [];
}

// A page of the site, to take something from it. Without its stylesheet: that stands under the policy of this page.
function parsed(text) {
  return new DOMParser().parseFromString(text.replace(/<style.*?<\/style>/gs, ""), "text/html");
}

function startSearch(box) {
  const input = box.querySelector("input");
  const status = box.querySelector("[role=status]");
  const list = box.querySelector("ul");
  let loading = null;

  async function load() {
    const answer = await fetch(box.dataset.search);
    if (!answer.ok) throw new Error(answer.statusText);
    const rows = await answer.json();
    return rows.map(([kind, slug, name, count]) => ({ kind, slug, name, count, text: fold(`${name} ${slug}`) }));
  }

  function item(group) {
    const line = document.createElement("li");
    const link = document.createElement("a");
    const note = document.createElement("span");
    link.href = `${box.dataset.root}${group.kind}/${group.slug}/`;
    link.dir = "auto";
    link.textContent = group.name;
    note.textContent = `${group.kind === "providers" ? group.slug : group.kind} · ${group.count.toLocaleString("en")}`;
    line.append(link, " ", note);
    return line;
  }

  // The articles of the search page. A copy of the site that is files alone has none there.
  async function showArticles(typed) {
    await new Promise((done) => setTimeout(done, PAUSE));
    if (typed !== input.value.trim()) return;
    const address = `${box.dataset.root}search/?${new URLSearchParams({ q: typed })}`;
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok || typed !== input.value.trim()) return;
    const page = parsed(await answer.text());
    for (const found of [...page.querySelectorAll(".stories .story :is(h2, h3, h4) a")].slice(0, MOST_ARTICLES)) {
      const line = document.createElement("li");
      const link = document.createElement("a");
      const note = document.createElement("span");
      line.dataset.article = "";
      // Relative to the page that it was found on.
      link.href = new URL(found.getAttribute("href"), new URL(address, location.href)).href;
      link.dir = "auto";
      link.textContent = found.textContent;
      note.textContent = "article";
      line.append(link, " ", note);
      list.append(line);
      list.hidden = false;
    }
  }

  async function show() {
    const typed = input.value.trim();
    try {
      loading ??= load();
      const groups = await loading;
      if (typed !== input.value.trim()) return;
      const found = typed ? find(groups, typed) : [];
      list.replaceChildren(...found.slice(0, MOST_SHOWN).map(item));
      list.hidden = !found.length;
      const count = found.length === 1 ? "1 feed" : `${found.length.toLocaleString("en")} feeds`;
      const more = found.length > MOST_SHOWN ? `, the first ${MOST_SHOWN} of which are` : "";
      if (typed) showArticles(typed).catch(() => {});
      status.textContent = !typed ? "" : found.length ? `${count}${more} here; press Enter for articles` : `${count}; press Enter for articles`;
    } catch {
      loading = null;
      status.textContent = "The list of feeds could not be loaded. The lists on this page lead to all of them.";
    }
  }

  input.addEventListener("focus", () => (loading ??= load().catch(() => (loading = null))), { once: true });
  input.addEventListener("input", show);
  box.addEventListener("keydown", (event) => {
    const links = [...list.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && links.length) links[Math.min(at + 1, links.length - 1)].focus();
    else if (event.key === "ArrowUp" && at >= 0) (links[at - 1] ?? input).focus();
    else if (event.key === "Escape" && at >= 0) input.focus();
    else return;
    event.preventDefault();
  });
  // A search that was answered by a page without an answer: this copy of the site is files alone.
  const asked = new URLSearchParams(location.search).get("q");
  if (asked && !input.value) {
    input.value = asked;
    if (!document.body.classList.contains("error")) show();
  }
}

// A page that was opened from a disk may not read other files, so there is nothing to search.
for (const box of document.querySelectorAll("[data-search]")) {
  if (location.protocol === "file:") box.remove();
  else startSearch(box);
}

// A stroke on the slash key leads to search, unless something is being written.
document.addEventListener("keydown", (event) => {
  const box = document.querySelector(".search input");
  if (event.key !== "/" || !box || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof Element && event.target.closest("input, select, textarea")) return;
  event.preventDefault();
  box.focus();
});

// The composer shows what a choice gives as soon as it is made.
for (const form of document.querySelectorAll("form[data-compose]")) {
  const result = document.getElementById("composed");
  form.addEventListener("change", async () => {
    const chosen = [...new FormData(form)].filter(([, value]) => value.trim());
    if (!chosen.length) return;
    const address = `${form.action}?${new URLSearchParams(chosen)}`;
    try {
      const answer = await fetch(address, { headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      const page = parsed(await answer.text());
      const composed = page.getElementById("composed");
      if (!composed?.querySelector("section")) return;
      result.replaceChildren(...composed.childNodes);
      startCopying(result);
      history.replaceState(null, "", address);
    } catch {
      // The button of the form does the same.
    }
  });
}
