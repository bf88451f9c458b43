"""Settings, read from the environment once and checked at start; nothing else reads os.environ."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent
QUEUES = ("timer", "service", "mail", "report")


class SettingsError(Exception):
    """A setting is missing or makes no sense; the text says which and what to do."""


@dataclass(frozen=True)
class MailSettings:
    """The bank's mail server. host: empty means mails are not sent (the demo writes them to a folder). security: how the
    connection is protected, "starttls", "tls" (from the first byte) or "none" (only on a network that is itself protected)."""

    host: str = ""
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = "Creditflow <creditflow@localhost>"
    timeout: int = 20


@dataclass(frozen=True)
class SmsSettings:
    """The SMS gateway. provider: "none", "file" (the demo), "aliyun"; the rest is the gateway's: who signs the message, which
    approved template it fills and in which language that is written, and the key that signs the request."""

    provider: str = "none"
    endpoint: str = "https://dysmsapi.aliyuncs.com/"
    key: str = ""
    secret: str = field(default="", repr=False)
    sign: str = ""
    template: str = ""
    language: str = "zh_Hans"
    timeout: int = 20


@dataclass(frozen=True)
class Settings:
    """Everything that differs between installations.

    database_url: PostgreSQL in SQLAlchemy's form; empty means the embedded server under `home`.
    home: folder for the embedded database, documents, keys and logs.
    checkpoints: where the signed checkpoints of the audit go (under `home` by default); best a disk that the database's
    administrators can't write.
    clamd: socket of a ClamAV daemon that looks at uploads, where there is one.
    job_threads, job_queues: how many jobs a worker runs at the same time, and of which queues (None: all).
    public_url: the address under which people reach the site; links in mails begin with it.
    proxies: how many servers of the bank's own (TLS, load balancer) stand in front and say in X-Forwarded-For who is asking.
    idle_minutes, session_hours: a login ends after so much rest, and in any case after so many hours.
    """

    database_url: str
    home: Path
    checkpoints: Path | None
    host: str
    port: int
    web_processes: int
    web_threads: int
    idle_minutes: int
    session_hours: int
    secure_cookies: bool
    time_zone: str
    demo: bool
    clamd: Path | None
    job_threads: int
    job_queues: tuple[str, ...] | None
    public_url: str
    proxies: int
    mail: MailSettings
    sms: SmsSettings

    @property
    def keys_folder(self) -> Path:
        return self.home / "keys"

    @property
    def outbox_folder(self) -> Path:
        """Where the demo writes mails and SMS."""
        return self.home / "outbox"

    @property
    def documents_folder(self) -> Path:
        return self.home / "documents"

    @property
    def checkpoints_folder(self) -> Path:
        return self.checkpoints or self.home / "checkpoints"

    @property
    def postgres_folder(self) -> Path:
        return self.home / "postgres"


def load(environ: dict[str, str] | None = None) -> Settings:
    """Settings from `environ` (the process's own by default); raises SettingsError."""
    env = dict(os.environ) if environ is None else environ
    url = env.get("DATABASE_URL", "")
    if url and not url.startswith(("postgresql://", "postgresql+psycopg://", "postgres://")):
        raise SettingsError("DATABASE_URL must name a PostgreSQL database, like postgresql://user:password@host/name.")
    host, port = env.get("CREDITFLOW_HOST", "127.0.0.1"), _number(env, "CREDITFLOW_PORT", 8000, 1, 65535)
    return Settings(
        database_url=_psycopg(url),
        home=Path(env.get("CREDITFLOW_HOME", ROOT / "var")).absolute(),
        checkpoints=Path(env["CREDITFLOW_CHECKPOINTS"]).absolute() if env.get("CREDITFLOW_CHECKPOINTS") else None,
        host=host,
        port=port,
        web_processes=_number(env, "CREDITFLOW_WEB_PROCESSES", 2, 1, 64),
        web_threads=_number(env, "CREDITFLOW_WEB_THREADS", 4, 1, 64),
        idle_minutes=_number(env, "CREDITFLOW_IDLE_MINUTES", 30, 1, 24 * 60),
        session_hours=_number(env, "CREDITFLOW_SESSION_HOURS", 10, 1, 24 * 7),
        secure_cookies=env.get("CREDITFLOW_SECURE_COOKIES", "0") == "1",
        time_zone=env.get("CREDITFLOW_TIME_ZONE", "Asia/Shanghai"),
        demo=env.get("CREDITFLOW_DEMO", "1") == "1",
        clamd=Path(env["CREDITFLOW_CLAMD"]) if env.get("CREDITFLOW_CLAMD") else None,
        job_threads=_number(env, "CREDITFLOW_JOB_THREADS", 2, 1, 64),
        job_queues=_queues(env.get("CREDITFLOW_JOB_QUEUES", "")),
        public_url=_web_address(env, "CREDITFLOW_PUBLIC_URL", f"http://{host}:{port}"),
        proxies=_number(env, "CREDITFLOW_PROXIES", 0, 0, 5),
        mail=_mail(env),
        sms=_sms(env),
    )


def _psycopg(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url


def _mail(env: dict[str, str]) -> MailSettings:
    plain = MailSettings()
    security = _one_of(env, "CREDITFLOW_SMTP_SECURITY", plain.security, ("starttls", "tls", "none"))
    return MailSettings(
        host=env.get("CREDITFLOW_SMTP_HOST", ""),
        port=_number(env, "CREDITFLOW_SMTP_PORT", {"starttls": 587, "tls": 465, "none": 25}[security], 1, 65535),
        security=security,
        user=env.get("CREDITFLOW_SMTP_USER", ""),
        password=_secret(env, "CREDITFLOW_SMTP_PASSWORD"),
        sender=env.get("CREDITFLOW_SMTP_SENDER", plain.sender),
        timeout=_number(env, "CREDITFLOW_SMTP_TIMEOUT", plain.timeout, 1, 120),
    )


def _sms(env: dict[str, str]) -> SmsSettings:
    plain = SmsSettings()
    found = SmsSettings(
        provider=_one_of(env, "CREDITFLOW_SMS_PROVIDER", plain.provider, ("none", "file", "aliyun")),
        endpoint=_web_address(env, "CREDITFLOW_SMS_ENDPOINT", plain.endpoint),
        key=env.get("CREDITFLOW_SMS_KEY", ""),
        secret=_secret(env, "CREDITFLOW_SMS_SECRET"),
        sign=env.get("CREDITFLOW_SMS_SIGN", ""),
        template=env.get("CREDITFLOW_SMS_TEMPLATE", ""),
        language=_one_of(env, "CREDITFLOW_SMS_LANGUAGE", plain.language, ("en", "zh_Hans", "zh_Hant")),
        timeout=_number(env, "CREDITFLOW_SMS_TIMEOUT", plain.timeout, 1, 120),
    )
    if found.provider == "aliyun" and not all((found.key, found.secret, found.sign, found.template)):
        raise SettingsError("CREDITFLOW_SMS_PROVIDER=aliyun needs CREDITFLOW_SMS_KEY, _SECRET, _SIGN and _TEMPLATE.")
    return found


def _secret(env: dict[str, str], name: str) -> str:
    """A secret, or the content of the file that `<name>_FILE` names (so that it stands in no process list)."""
    path = env.get(f"{name}_FILE")
    if not path:
        return env.get(name, "")
    try:
        return Path(path).read_text().strip()
    except OSError as fault:
        raise SettingsError(f"{name}_FILE: {path} can't be read ({fault.strerror}).") from fault


def _one_of(env: dict[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    text = env.get(name, default)
    if text not in allowed:
        raise SettingsError(f"{name} must be one of {', '.join(allowed)}; it is {text!r}.")
    return text


def _web_address(env: dict[str, str], name: str, default: str) -> str:
    text = env.get(name, default)
    if not text.startswith(("http://", "https://")):
        raise SettingsError(f"{name} must begin with http:// or https://; it is {text!r}.")
    return text


def _queues(text: str) -> tuple[str, ...] | None:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in QUEUES]
    if unknown:
        raise SettingsError(f"CREDITFLOW_JOB_QUEUES names {unknown[0]!r}; the queues are {', '.join(QUEUES)}.")
    return names or None


def _number(env: dict[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name, str(default))
    if not text.isdigit() or not low <= int(text) <= high:
        raise SettingsError(f"{name} must be a whole number from {low} to {high}; it is {text!r}.")
    return int(text)


def own_runtime_folder(folder: Path) -> None:
    """Give the embedded server's wheel a place for its lock file where the user has none (its fallback differs between calls)."""
    if "XDG_RUNTIME_DIR" not in os.environ:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(folder)
