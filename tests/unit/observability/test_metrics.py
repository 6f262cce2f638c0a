from agentmesh.observability.metrics import Metrics


def test_figures_carry_the_name_of_their_part() -> None:
    metrics = Metrics("relay")
    metrics.counter("frames", "Frames carried.", ["outcome"]).labels("queued").inc(3)
    metrics.gauge("connections", "Open connections.").set(2)
    metrics.histogram("fsync_seconds", "Time of an fsync.").observe(0.002)
    text = metrics.render().decode()
    assert 'agentmesh_relay_frames_total{outcome="queued"} 3.0' in text
    assert "agentmesh_relay_connections 2.0" in text
    assert 'agentmesh_relay_fsync_seconds_bucket{le="0.0025"} 1.0' in text


def test_two_processes_worth_of_figures_do_not_mix() -> None:
    one, other = Metrics("relay"), Metrics("relay")
    one.counter("frames", "Frames carried.").inc()
    other.counter("frames", "Frames carried.")
    assert "agentmesh_relay_frames_total 0.0" in other.render().decode()
