// The page. The URL says what is shown, so that back, forward, reload and links work; what is
// shown is built of text nodes only: texts from data never become markup.
"use strict";

const CLASSES = {
  Skill: ["Skill", "skills"],
  Occupation: ["Occupation", "occupations"],
  SkillGroup: ["Skill group", "skill groups"],
  ISCOGroup: ["ISCO group", "ISCO groups"],
  SkillCollection: ["Skill collection", "skill collections"],
};
const OUTGOING = {
  memberOfISCOGroup: "ISCO group",
  broaderISCOGroup: "Broader group",
  broaderSkillGroup: "Broader groups",
  memberOfSkillGroup: "In these skill groups",
  memberOfSkillCollection: "In these collections",
  broaderSkill: "Broader skills",
  broaderOccupation: "Broader occupation",
  hasEssentialSkill: "Essential skills",
  hasOptionalSkill: "Optional skills",
};
const INCOMING = {
  "Occupation.memberOfISCOGroup": "Occupations in this group",
  "ISCOGroup.broaderISCOGroup": "Narrower groups",
  "SkillGroup.broaderSkillGroup": "Narrower groups",
  "Skill.memberOfSkillGroup": "Skills in this group",
  "Skill.memberOfSkillCollection": "Skills in this collection",
  "Skill.broaderSkill": "Narrower skills",
  "Skill.hasEssentialSkill": "Essential for these skills",
  "Skill.hasOptionalSkill": "Optional for these skills",
  "Occupation.broaderOccupation": "Narrower occupations",
  "Occupation.hasEssentialSkill": "Essential for these occupations",
  "Occupation.hasOptionalSkill": "Optional for these occupations",
};
const FACTS = {
  code: "Code",
  skillType: "Type",
  reuseLevel: "Reuse",
  status: "Status",
  modifiedDate: "Modified",
  regulatedProfessionNote: "Regulation",
  conceptUri: "URI",
};
const HELP = "Meaning finds what is near, in other words too. Words finds what is written so. Both ranks by the two together.";
const SHOWN_FIRST = 10; // of one relation
const RESULTS = 20;
const EVENTS_A_PAGE = 100;
const BUSY_POLL_MS = 1500;
const IDLE_POLL_MS = 4000;

const byId = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");
// Swedish writes 2026-03-04 12:00:00: short, sortable, and read alike everywhere.
const moment = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });

// --- elements and addresses --------------------------------------------------------------------

/** Make an element; children are elements or text, never markup. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

function place() {
  const given = new URLSearchParams(location.search);
  const mode = given.get("mode");
  return {
    view: given.get("view") === "journal" ? "journal" : "search",
    q: (given.get("q") || "").trim(),
    class: Object.hasOwn(CLASSES, given.get("class")) ? given.get("class") : "Skill",
    mode: ["vector", "keyword", "hybrid"].includes(mode) ? mode : "vector",
    concept: given.get("concept") || "",
    run: given.get("run") || "",
  };
}

function address({ view, q, class: name, mode, concept, run }) {
  const wanted = new URLSearchParams();
  if (view === "journal") {
    wanted.set("view", "journal");
    if (run) wanted.set("run", run);
  } else {
    if (q) wanted.set("q", q);
    if (name && name !== "Skill") wanted.set("class", name);
    if (mode && mode !== "vector") wanted.set("mode", mode);
    if (concept) wanted.set("concept", concept);
  }
  const query = wanted.toString();
  return query ? `/?${query}` : "/";
}

function go(target) {
  if (target !== location.pathname + location.search) history.pushState(null, "", target);
  show(true);
}

/** Follow links to this page without loading it anew; every other click is the browser's. */
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const isPlain = !(event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!link || !isPlain || event.defaultPrevented) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || url.pathname !== "/" || url.hash) return;
  event.preventDefault();
  go(url.pathname + url.search);
});

/** Ask the service; refusals come back as {error}, so do answers that never come. */
async function ask(path, signal) {
  try {
    const response = await fetch(path, { signal, headers: { accept: "application/json" } });
    return { status: response.status, document: await response.json() };
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return { status: 0, document: { error: "The service does not answer." } };
  }
}

/** Wrap a loader so that a newer call ends an older one, and only the newest is shown. */
function newest(load) {
  let current = null;
  return async (...values) => {
    current?.abort();
    const mine = (current = new AbortController());
    try {
      await load(mine.signal, ...values);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };
}

// --- what is shown -----------------------------------------------------------------------------

const shown = { search: null, concept: null, run: null, title: "" };

function show(isStep) {
  const at = place();
  const isSearch = at.view === "search";
  byId("search-view").hidden = !isSearch;
  byId("journal-view").hidden = isSearch;
  for (const [id, isHere] of [["to-search", isSearch], ["to-journal", !isSearch]]) {
    if (isHere) byId(id).setAttribute("aria-current", "page");
    else byId(id).removeAttribute("aria-current");
  }
  if (isSearch) {
    showSearch(at, isStep);
  } else {
    document.title = "Journal – Varity Journal";
    shown.run = null;
    showRuns(at.run);
    showEvents(at.run);
  }
}

function showSearch(at, isStep) {
  byId("query").value = at.q;
  byId("class").value = at.class;
  document.querySelector(`input[name=mode][value=${at.mode}]`).checked = true;
  document.title = at.q ? `${at.q} – Varity Journal` : "Varity Journal";
  const wanted = JSON.stringify([at.q, at.class, at.mode]);
  if (wanted !== shown.search) {
    shown.search = wanted;
    showResults(at);
  }
  markResult(at.concept);
  byId("columns").classList.toggle("split", Boolean(at.concept && at.q));
  if (at.concept !== shown.concept) {
    shown.concept = at.concept;
    byId("concept").hidden = !at.concept;
    byId("concept").replaceChildren();
    if (at.concept) showConcept(at, isStep);
  } else if (at.concept) {
    document.title = shown.title;
  }
}

function notice(title, sentence, kind = "") {
  return make("div", { class: `notice ${kind}` }, make("p", {}, title), sentence ? make("p", {}, sentence) : "");
}

function say(...children) {
  byId("message").replaceChildren(...children);
}

const showResults = newest(async (signal, at) => {
  const list = byId("results");
  list.replaceChildren();
  if (!at.q) {
    say();
    await showShelf(signal);
    return;
  }
  list.setAttribute("aria-busy", "true");
  say("Searching");
  const asked = new URLSearchParams({ q: at.q, class: at.class, mode: at.mode, limit: RESULTS });
  const { status, document: found } = await ask(`/search?${asked}`, signal);
  list.removeAttribute("aria-busy");
  if (found.error) {
    shown.search = null; // the same search again asks again
    say(notice(status === 503 ? "Nothing can be searched now" : "The search did not work", found.error, status === 503 ? "" : "bad"));
    return;
  }
  const [, plural] = CLASSES[at.class];
  const count = found.results.length;
  say(count ? `${count === RESULTS ? `The best ${count}` : count} ${count === 1 ? CLASSES[at.class][0].toLowerCase() : plural}, best first` : `No ${plural} match.`);
  const best = Math.max(...found.results.map((result) => result.score), 0);
  list.replaceChildren(...found.results.map((result) => resultItem(result, at, best)));
  markResult(place().concept);
});

function resultItem(result, at, best) {
  const share = best > 0 ? Math.max(result.score / best, 0) : 0;
  return make("li", {},
    make("a", { href: address({ ...at, concept: result.concept_uri }), "data-uri": result.concept_uri },
      make("span", {}, result.label),
      make("span", { class: "score" },
        make("meter", { value: share, "aria-hidden": "true" }),
        make("span", { title: "Score" }, make("span", { class: "unseen" }, "Score "), result.score.toFixed(2)))));
}

function markResult(uri) {
  for (const link of byId("results").querySelectorAll("a")) {
    if (link.dataset.uri === uri) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

/** What there is to be searched, where nothing is searched for yet. */
async function showShelf(signal) {
  if (place().concept) return;
  const { document: ready } = await ask("/ready", signal);
  if (!ready.ready) {
    say(notice("Nothing can be searched yet", ready.error || ""));
    return;
  }
  const counts = Object.entries(ready.status.counts).sort(([, one], [, other]) => other - one);
  const shelf = counts.filter(([name]) => Object.hasOwn(CLASSES, name)).map(([name, count]) =>
    make("a", { href: address({ class: name }) }, make("b", {}, number.format(count)), make("span", {}, CLASSES[name][1])));
  say(make("div", { class: "shelf" }, ...shelf), make("p", {}, HELP));
}

// --- a concept ---------------------------------------------------------------------------------

const showConcept = newest(async (signal, at, isStep) => {
  const panel = byId("concept");
  const { document: found } = await ask(`/concepts/${encodeURIComponent(at.concept)}`, signal);
  const back = make("a", { class: "back", href: address({ ...at, concept: "" }) }, at.q ? "← Back to the results" : "← Back to the search");
  if (found.error) {
    shown.concept = null;
    panel.replaceChildren(back, notice("This concept can not be shown", found.error));
    return;
  }
  const title = make("h1", { tabindex: "-1" }, found.label);
  panel.replaceChildren(
    back,
    make("p", { class: "kind" }, CLASSES[found.class]?.[0] ?? found.class, make("a", { href: address({ ...at, concept: "" }) }, "Close")),
    title,
    ...texts(found.properties),
    ...found.relations.map((relation) => relationSection(relation, OUTGOING[relation.relation], at)),
    ...found.inverse_relations.map((relation) => relationSection(relation, INCOMING[`${relation.class}.${relation.relation}`], at)),
    facts(found.properties),
  );
  panel.scrollTop = 0;
  shown.title = document.title = `${found.label} – Varity Journal`;
  if (isStep) title.focus({ preventScroll: !narrow.matches });
});

const narrow = matchMedia("(max-width: 860px)");

function texts(properties) {
  const parts = [];
  if (properties.description) parts.push(make("p", { class: "text" }, properties.description));
  for (const [name, title] of [["definition", "Definition"], ["scopeNote", "Scope"]]) {
    if (properties[name]) parts.push(make("section", {}, make("h3", {}, title), make("p", { class: "text" }, properties[name])));
  }
  const labels = [...(properties.altLabels || []), ...(properties.hiddenLabels || [])];
  if (labels.length) {
    parts.push(make("section", {}, make("h3", {}, "Also called"),
      make("ul", { class: "pills" }, ...labels.map((label) => make("li", {}, make("span", {}, label))))));
  }
  return parts;
}

function relationSection(relation, title, at) {
  const count = relation.total ?? `more than ${relation.concepts.length}`;
  const items = relation.concepts.map((concept, index) =>
    make("li", { hidden: index >= SHOWN_FIRST }, make("a", { href: address({ ...at, concept: concept.concept_uri }) }, concept.label)));
  const list = make("ul", { class: "pills" }, ...items);
  const section = make("section", {}, make("h3", {}, title ?? `${relation.relation} (${relation.class})`, make("small", {}, String(count))), list);
  if (items.length > SHOWN_FIRST) {
    const more = make("button", { type: "button", class: "more" }, relation.truncated ? `Show ${items.length}` : `Show all ${items.length}`);
    more.addEventListener("click", () => {
      items.forEach((item) => { item.hidden = false; });
      items[SHOWN_FIRST].firstChild.focus();
      more.remove();
    });
    section.append(more);
  }
  return section;
}

function facts(properties) {
  const rows = Object.entries(FACTS).filter(([name]) => properties[name]);
  return make("dl", { class: "facts" }, ...rows.flatMap(([name, title]) => [make("dt", {}, title), make("dd", {}, properties[name])]));
}

// --- the journal -------------------------------------------------------------------------------

const WORDS = { not_started: "nothing loaded", in_progress: "in progress" };
const word = (status) => WORDS[status] ?? status;
const badge = (status) => make("span", { class: `badge ${status}` }, word(status));
const when = (text) => (text ? moment.format(new Date(text)) : "–");

function duration(seconds) {
  if (seconds === null) return "–";
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function showStatus(ready) {
  const chip = byId("state");
  const status = ready?.status;
  const isBusy = status?.status === "in_progress";
  const isDown = !status || status.status === "unknown";
  chip.className = `state ${isDown ? "down" : isBusy ? "busy" : ready.ready ? "ready" : ""}`;
  const text = isDown ? "Not reachable"
    : isBusy ? `${ready.ready ? "Updating" : "Loading"} ${status.progress}`
    : ready.ready ? "Ready" : "Not ready";
  if (byId("state-text").textContent !== text) byId("state-text").textContent = text;
  if (!byId("journal-view").hidden) byId("now").replaceChildren(statusCard(ready));
}

function statusCard(ready) {
  const status = ready?.status;
  if (!status) return notice("The service does not answer", ready?.error || "", "bad");
  const run = status.run_id ? `run ${status.run_id.slice(0, 8)}${status.attempt > 1 ? `, attempt ${status.attempt}` : ""}` : "";
  const card = make("section", { class: "card", "aria-label": "Now" },
    make("header", {}, make("h2", {}, status.source ? (status.sample ? "The generated sample" : status.source.split("/").pop()) : "No data"),
      badge(status.status), make("span", { class: "quiet" }, run)));
  if (status.steps_total) {
    const step = status.step ? `, now ${status.step.replaceAll("_", " ")}` : "";
    const saying = `${status.steps_done} of ${status.steps_total} steps${step}`;
    card.append(
      make("div", { class: "steps", role: "progressbar", "aria-label": "Steps", "aria-valuemin": 0, "aria-valuemax": status.steps_total, "aria-valuenow": status.steps_done, "aria-valuetext": saying },
        ...Array.from({ length: status.steps_total }, (_, index) =>
          make("i", { class: index < status.steps_done ? "done" : index === status.steps_done && status.status === "in_progress" ? "now" : "" }))),
      make("p", { class: "saying" }, `${saying} · ${status.store} · ${status.embedder}`));
    const counts = Object.entries(status.counts).sort(([, one], [, other]) => other - one);
    const figures = [...counts.map(([name, count]) => [CLASSES[name]?.[1] ?? name, count]),
      ["relations", Object.values(status.relations).reduce((sum, count) => sum + count, 0)],
      ["rejected", status.rejected], ["dangling", status.dangling]];
    card.append(make("div", { class: "figures" }, ...figures.map(([title, count]) =>
      make("div", { class: "figure" }, make("b", {}, number.format(count)), make("span", {}, title)))));
  }
  if (!ready.ready && ready.error) card.append(notice("Searches are not answered now", ready.error));
  else if (status.error) card.append(notice("The newest run did not complete", status.error, "bad"));
  return card;
}

const showRuns = newest(async (signal, chosen) => {
  const { document: found } = await ask("/history?limit=50", signal);
  if (found.error) {
    byId("runs").replaceChildren(notice("The runs can not be listed", found.error, "bad"));
    return;
  }
  if (!found.total) {
    byId("runs").replaceChildren();
    return;
  }
  const columns = [["Run"], ["Status"], ["Started"], ["Took", true], ["Objects", true], ["Relations", true], ["Rejected", true], ["Attempts", true]];
  const rows = found.runs.map((run) => {
    const isChosen = Boolean(chosen) && run.run_id === chosen;
    const link = make("a", { href: address({ view: "journal", run: isChosen ? "" : run.run_id }), "aria-label": `${isChosen ? "Hide" : "Show"} the events of run ${run.run_id.slice(0, 8)}`, "aria-expanded": String(isChosen) }, run.run_id.slice(0, 8));
    const cells = [link, badge(run.status), when(run.started_at), duration(run.duration_seconds), ...[run.objects, run.relations, run.rejected, run.attempts].map((count) => number.format(count))];
    return make("tr", { "aria-current": isChosen ? "true" : null }, ...cells.map((cell, index) => make("td", columns[index][1] ? { class: "number" } : {}, cell)));
  });
  const focused = document.activeElement?.closest?.("#runs a")?.getAttribute("aria-label")?.slice(-8);
  byId("runs").replaceChildren(
    make("h2", {}, found.total > found.runs.length ? `The newest ${found.runs.length} of ${number.format(found.total)} runs` : "Runs"),
    make("div", { class: "over" }, make("table", {},
      make("thead", {}, make("tr", {}, ...columns.map(([title, isNumber]) => make("th", { scope: "col", class: isNumber ? "number" : null }, title)))),
      make("tbody", {}, ...rows))));
  if (focused) [...byId("runs").querySelectorAll("a")].find((link) => link.textContent === focused)?.focus();
});

const showEvents = newest(async (signal, run) => {
  const panel = byId("events");
  if (run !== shown.run) panel.replaceChildren();
  shown.run = run;
  if (!run) return;
  const list = make("ol", { class: "timeline", "aria-label": "Events" });
  const more = make("button", { type: "button", class: "more" }, "Show more");
  let offset = 0;
  const load = async () => {
    const { document: found } = await ask(`/history/${encodeURIComponent(run)}?limit=${EVENTS_A_PAGE}&offset=${offset}`, signal);
    if (found.error) {
      panel.replaceChildren(notice("The events can not be shown", found.error));
      return;
    }
    offset += found.events.length;
    list.append(...found.events.map(eventItem));
    more.hidden = offset >= found.total;
    panel.replaceChildren(make("h2", {}, `Events of run ${run.slice(0, 8)}`), list, more);
  };
  more.addEventListener("click", load);
  await load();
});

function eventItem(event) {
  const details = event.details && Object.keys(event.details).length
    ? make("details", {}, make("summary", {}, summary(event)), make("pre", {}, JSON.stringify(event.details, null, 2)))
    : "";
  return make("li", { class: event.fenced ? "fenced" : null },
    make("time", { datetime: event.at }, when(event.at)),
    make("b", {}, event.event.replaceAll("_", " "), event.fenced ? " (fenced)" : ""),
    details || make("span", { class: "quiet" }, summary(event)));
}

function summary(event) {
  const { details } = event;
  const step = event.step ? event.step.replaceAll("_", " ") : "";
  if (event.event === "checkpoint") return `${step}, ${number.format(details.settled)} records`;
  if (event.event === "started") return `attempt ${details.attempt}, from ${details.source || "–"}`;
  if (event.event === "failed") return `${step ? `${step}: ` : ""}${details.error}: ${details.message}`;
  return step || "details";
}

// --- what happens by itself --------------------------------------------------------------------

async function poll() {
  const turn = (poll.turn = (poll.turn ?? 0) + 1); // a newer call takes over from an older one
  let isBusy = false;
  if (!document.hidden) {
    const { document: ready } = await ask("/ready");
    if (turn !== poll.turn) return;
    showStatus(ready);
    isBusy = ready.status?.status === "in_progress";
    const mark = `${ready.ready}/${ready.status?.run_id}/${ready.status?.status}/${ready.status?.attempt}`;
    if (poll.mark !== undefined && poll.mark !== mark) changed();
    poll.mark = mark;
  }
  poll.timer = setTimeout(poll, isBusy ? BUSY_POLL_MS : IDLE_POLL_MS);
}

/** A run began or ended: show again what that changes, and leave alone what is being read. */
function changed() {
  const here = place();
  if (here.view === "journal") {
    showRuns(here.run);
    if (here.run) showEvents(here.run);
  } else if (byId("message").querySelector(".notice") || !here.q) {
    shown.search = null;
    showSearch(here, false);
  }
}

function pollNow() {
  clearTimeout(poll.timer);
  poll();
}

byId("search-form").addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});
byId("search-form").addEventListener("change", (event) => {
  if (event.target.id !== "query" && byId("query").value.trim()) search();
});

function search() {
  const form = new FormData(byId("search-form"));
  go(address({ q: form.get("q").trim(), class: form.get("class"), mode: form.get("mode") }));
}

/** Arrows walk from the box into the results and back; "/" leads to the box from anywhere. */
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, select, textarea");
  if (event.key === "/" && !isTyping && !(event.ctrlKey || event.metaKey || event.altKey)) {
    event.preventDefault();
    go(byId("search-view").hidden ? "/" : location.pathname + location.search);
    byId("query").select();
    return;
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const stops = [byId("query"), ...byId("results").querySelectorAll("a")];
  const here = stops.indexOf(document.activeElement);
  const next = stops[here + (event.key === "ArrowDown" ? 1 : -1)];
  if (here >= 0 && next) {
    event.preventDefault();
    next.focus();
  }
});

addEventListener("popstate", () => { show(true); pollNow(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) pollNow(); });
byId("to-journal").addEventListener("click", pollNow);

show(false);
poll();
