from agentmesh_relay.figures import Figures


def test_what_was_counted_is_told_once() -> None:
    figures = Figures()
    figures.sends["message", "queued"] += 2
    figures.turned_away["AMID_MISMATCH"] += 1
    figures.delivered += 3
    figures.render()
    figures.sends["message", "queued"] += 1
    text = figures.render().decode()
    assert 'agentmesh_relay_sends_total{outcome="queued",type="message"} 3.0' in text
    assert 'agentmesh_relay_turned_away_total{code="AMID_MISMATCH"} 1.0' in text
    assert "agentmesh_relay_acknowledged_total 3.0" in text


def test_a_watched_value_is_asked_for_when_it_is_told() -> None:
    figures = Figures()
    values = [1.0]
    figures.watch("connections", "Open connections.", lambda: values[-1])
    values.append(7.0)
    assert "agentmesh_relay_connections 7.0" in figures.render().decode()
