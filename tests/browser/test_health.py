"""The page Health says what `agentmesh doctor` says, with the same advice."""

from tests.support.mesh import Agent
from tests.support.screen import Screen

FOUND = """() => [...document.querySelectorAll('.cards article')].map(it => [
    it.getAttribute('aria-label').replaceAll(' ', '_'),
    it.querySelector('.badge').textContent.toLowerCase(),
    it.querySelector('p').textContent,
    [...it.querySelectorAll('.row > *')].map(it => it.querySelector('code')?.textContent
        ?? (it.matches('button') ? '' : it.textContent)).join(''),
])"""


def test_it_shows_what_doctor_shows_with_what_mends_it(screen: Screen, ada: Agent) -> None:
    readable = ada.home.parent / "old.amb"
    readable.touch(mode=0o644)
    try:
        screen.go("health")
        screen.see(".cards article", "backup open")
        told = ada.run("doctor").answer["findings"]
        plain = [[it["id"], it["severity"], it["why"], it["fix"].replace("`", "")] for it in told]
        assert sorted(screen.run(FOUND)) == sorted(plain)
        card = screen.see(".cards article", "backup open")
        screen.context.grant_permissions(["clipboard-read", "clipboard-write"])
        card.get_by_role("button", name="Copy the command").click()
        screen.see("#announced", "Copied the command.")
        assert screen.run("() => navigator.clipboard.readText()") == f"chmod 600 '{readable}'"
        readable.chmod(0o600)
        screen.press("Look again")
        screen.gone(".cards article", "backup open")
    finally:
        readable.unlink()


def test_nothing_is_mended_from_a_page(screen: Screen) -> None:
    screen.go("health")
    pressed = screen.page.locator("main button").all_inner_texts()
    assert set(pressed) <= {"Look again", "Measure", "Copy"}
