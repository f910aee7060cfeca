"""The page as a person uses it, in a real browser without a screen."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Page, async_playwright, expect

from ingest.settings import Settings
from journal.events import Checkpoint, StepCompleted, StepStarted
from tests.cli.builders import started
from tests.ingest.esco_builder import SKILLS, tiny, write_folder
from tests.serve.running import append, load, service

pytestmark = pytest.mark.browser

PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
EVIL = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
EVIL_URI = "javascript:window.pwned=1"


@asynccontextmanager
async def page_of(settings: Settings) -> AsyncIterator[Page]:
    """Open a page of the service; see at the end that it kept to its origin and to its rules."""
    async with service(settings) as client, async_playwright() as playwright:
        base = str(client.base_url)
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        page = await browser.new_page(base_url=base)
        page.set_default_timeout(PATIENCE_MS)
        asked: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text))
        try:
            yield page
        finally:
            await browser.close()
        foreign = [url for url in asked if httpx.URL(url).host != httpx.URL(base).host]
        assert [url for url in foreign if not url.startswith("data:")] == []
        # A refusal by status (503 while nothing is loaded) is told to the console by itself.
        assert [said for said in complaints if "Failed to load resource" not in said] == []


async def test_search_click_through_and_back(loaded: Settings) -> None:
    async with page_of(loaded) as page:
        await page.goto("/")
        await expect(page.locator("#state")).to_have_text("Ready")
        await expect(page.get_by_role("link", name="180 skills")).to_be_visible()

        await page.keyboard.press("/")
        await page.keyboard.type("bicycle mechanic")
        await page.get_by_label("Among").select_option("Occupation")
        await page.get_by_role("radio", name="Both").check()
        results = page.get_by_role("list", name="Results")
        await expect(results.get_by_role("link").first).to_contain_text("bicycle mechanic")
        await expect(results.get_by_role("link").first).to_contain_text("Score 1.00")
        assert page.url.endswith("/?q=bicycle+mechanic&class=Occupation&mode=hybrid")

        await page.get_by_label("What to look for").focus()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        concept = page.get_by_role("article", name="Concept")
        title = concept.get_by_role("heading", level=1)
        await expect(title).to_have_text("bicycle mechanic")
        await expect(title).to_be_focused()
        await expect(concept).to_contain_text("knows bicycle repair from the first sketch")
        await expect(concept).to_contain_text("Essential skills4")
        await expect(results.locator("[aria-current]")).to_contain_text("bicycle mechanic")

        await concept.get_by_role("link", name="inspect brakes").click()
        await expect(title).to_have_text("inspect brakes")
        await expect(page).to_have_title("inspect brakes – Varity Journal")
        await expect(concept.get_by_text("Essential for these occupations")).to_be_visible()
        await page.reload()
        await expect(title).to_have_text("inspect brakes")
        await page.go_back()
        await expect(title).to_have_text("bicycle mechanic")
        await page.go_back()
        await expect(concept).to_be_hidden()
        await expect(results.get_by_role("link").first).to_contain_text("bicycle mechanic")
        await page.go_forward()
        await expect(title).to_have_text("bicycle mechanic")
        await concept.get_by_role("link", name="Close").click()
        await expect(concept).to_be_hidden()


async def test_the_journal_is_shown_and_follows_a_run(loaded: Settings) -> None:
    async with page_of(loaded) as page:
        await page.goto("/?view=journal")
        now = page.get_by_role("region", name="Now")
        await expect(now).to_contain_text("The generated sample")
        await expect(now).to_contain_text("7 of 7 steps")
        await expect(now).to_contain_text("1,069relations")
        table = page.get_by_role("table")
        await expect(table.get_by_role("row")).to_have_count(2)

        await table.get_by_role("link", name="Show the events of run").click()
        events = page.get_by_role("list", name="Events")
        await expect(events.get_by_role("listitem").first).to_contain_text("attempt 1, from sample")
        await expect(events.get_by_role("listitem").last).to_contain_text("completed")
        await events.get_by_text("attempt 1, from sample").click()
        await expect(events.locator("pre").first).to_contain_text('"fingerprint"')
        await page.go_back()
        await expect(events).to_be_hidden()

        await append(
            loaded,
            2,
            "e1e1" + 28 * "0",
            replace(started(), steps=("skills", "verify")),
            StepStarted(step="skills"),
            StepCompleted(step="skills", position=1, of=2, counts={"Skill": 181}),
            StepStarted(step="verify"),
            Checkpoint(step="verify", settled=3),
        )
        await expect(table.get_by_role("row")).to_have_count(3)
        await expect(now).to_contain_text("1 of 2 steps, now verify")
        await expect(now).to_contain_text("181skills")
        await expect(page.get_by_role("progressbar", name="Steps")).to_have_attribute(
            "aria-valuenow", "1"
        )


async def test_text_from_data_is_shown_as_text(empty: Settings, tmp_path: Path) -> None:
    evil = EVIL.replace('"', '""')
    uri = "https://example.org/skill/1"
    skills = SKILLS + "".join(
        f'KnowledgeSkillCompetence,https://example.org/skill/{number},knowledge,{reuse},"{label}",'
        f'"{evil}","{evil}",released,,"{evil}","{evil}",,"{evil}"\n'
        for number, reuse, label in ((1, EVIL_URI, evil), (2, "", "saw"), (3, "", "plane"))
    )
    data = write_folder(tmp_path / "data", tiny(skills=skills))
    await load(empty, str(data.resolve()))
    async with page_of(empty) as page:
        await page.goto("/?q=" + EVIL.replace("#", "%23"))
        results = page.get_by_role("list", name="Results")
        await results.get_by_role("link").filter(has_text=EVIL).click()
        concept = page.get_by_role("article", name="Concept")
        await expect(concept.get_by_role("heading", level=1)).to_have_text(EVIL)
        await expect(concept).to_contain_text(uri)
        await expect(concept.locator("img, script")).to_have_count(0)
        await expect(concept.locator("a[href^='javascript']")).to_have_count(0)
        assert await page.get_by_label("What to look for").input_value() == EVIL
        await page.goto(f"/?concept={EVIL_URI}")
        await expect(concept).to_contain_text("no concept has this URI")
        await page.goto(f"/?view=journal&run={EVIL}")
        await expect(page.locator("#events")).to_contain_text("The events can not be shown")
        assert await page.evaluate("window.pwned") is None


async def test_before_anything_is_loaded_the_page_says_so_and_notices_the_load(
    empty: Settings,
) -> None:
    async with page_of(empty) as page:
        await page.goto("/?q=repair")
        message = page.get_by_role("region", name="Search").get_by_role("status")
        await expect(message).to_contain_text("Nothing can be searched now")
        await expect(message).to_contain_text("varity-journal ingest")
        await expect(page.locator("#state")).to_have_text("Not ready")
        await load(empty)
        await expect(page.locator("#state")).to_have_text("Ready")
        await expect(page.get_by_role("list", name="Results").get_by_role("link")).to_have_count(20)
