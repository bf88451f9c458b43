"""The worker: a ticker in memory that looks for due work in the database; any number of workers may run at once."""

from __future__ import annotations

import signal
import threading

from apscheduler.schedulers.background import BackgroundScheduler

from app import create_app
from config import Settings


def work(settings: Settings) -> None:
    """Tick until told to stop."""
    app = create_app(settings)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    scheduler = BackgroundScheduler()
    for job, seconds in jobs():
        scheduler.add_job(job, "interval", seconds=seconds, max_instances=1, coalesce=True)
    scheduler.start()
    with app.app_context():
        stop.wait()
    scheduler.shutdown(wait=True)


def jobs() -> list[tuple[object, float]]:
    """What is done again and again, and every how many seconds."""
    return []
