"""Settings of the house, read once from the environment (`MAISON_*`, `DATABASE_URL`); listed in docs/settings.md."""

from __future__ import annotations

import os
from pathlib import Path

from maison.config.environment import database_from, days_by_name, flag, number, s3_from, secret, words
from maison.config.letters import dmp_from, house_oid_from, mssante_from
from maison.config.sign_in import provider_from
from maison.services.emergency.eta import parse_travel_model

PACKAGE = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("MAISON_DATA", ".maison")).resolve()

ENVIRONMENT = os.environ.get("MAISON_ENVIRONMENT", "demonstration")  # demonstration | test | production
PRODUCTION = ENVIRONMENT == "production"
DEBUG = False

SECRET_KEY = secret("MAISON_SECRET_KEY", DATA_DIR, production=PRODUCTION)
PUBLIC_URL = os.environ.get("MAISON_PUBLIC_URL", "http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = words("MAISON_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# What the operator says of itself; shown in the bar, the foot and the public pages.
OPERATOR_NAME = os.environ.get("MAISON_OPERATOR", "Maison e-santé")
REGION_NAME = os.environ.get("MAISON_REGION", "Occitanie")
REGION_DEPARTMENTS = words("MAISON_DEPARTMENTS", "09,11,12,30,31,32,34,46,48,65,66,81,82")

ROOMS = [
    "maison.foundations.structures",
    "maison.foundations.accounts",
    "maison.foundations.access",
    "maison.foundations.audit",
    "maison.foundations.events",
    "maison.foundations.jobs",
    "maison.foundations.files",
    "maison.foundations.notifications",
    "maison.foundations.relay",
    "maison.foundations.clock",
    "maison.foundations.crisis",
    "maison.foundations.supervision",
    "maison.registries.stays",
    "maison.registries.sources",
    "maison.registries.terminology",
    "maison.registries.facilities",
    "maison.registries.professionals",
    "maison.registries.quality",
    "maison.registries.identity",
    "maison.registries.offer",
    "maison.services.portal",
    "maison.services.emergency",
    "maison.interop.exchanges",
    "maison.interop.hub_sante",
    "maison.interop.hl7v2",
    "maison.interop.channels",
    "maison.interop.letters",
    "maison.interop.conformance",
    "maison.interop.fhir",
    "maison.interop.directories",
    "maison.steering.board",
]

INSTALLED_APPS = [
    "maison.ui",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    *[room for room in ROOMS if (PACKAGE.parent / room.replace(".", "/") / "__init__.py").is_file()],
]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "maison.foundations.accounts.middleware.IdleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "maison.foundations.access.middleware.ActorMiddleware",
]

CSRF_FAILURE_VIEW = "maison.ui.errors.csrf_failure"

ROOT_URLCONF = "maison.config.urls"
WSGI_APPLICATION = "maison.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.messages.context_processors.messages",
                "maison.ui.context.house",
            ],
            "builtins": ["maison.ui.templatetags.maison_ui"],
        },
    },
]

DATABASES = {"default": database_from(os.environ, DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "fr"
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"},
}

SESSION_COOKIE_NAME = os.environ.get("MAISON_SESSION_COOKIE", "maison_session")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
CSRF_COOKIE_NAME = SESSION_COOKIE_NAME.replace("session", "csrf")  # two houses on one machine share their cookies
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
IDLE_MINUTES = number("MAISON_IDLE_MINUTES", 30)
SESSION_ENGINE = "maison.foundations.accounts.sessions"
SESSION_COOKIE_AGE = IDLE_MINUTES * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"

SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'", "<CSP_NONCE_SENTINEL>"],
    "style-src": ["'self'", "<CSP_NONCE_SENTINEL>"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "worker-src": ["'self'"],
    "manifest-src": ["'self'"],
    "media-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS: list[str] = []

# What leaves the house and what it keeps (docs/settings.md).
MAIL_URL = os.environ.get("MAISON_MAIL_URL", "")
MAIL_FROM = os.environ.get("MAISON_MAIL_FROM", "ne-pas-repondre@localhost")
FILES_DIR = Path(os.environ.get("MAISON_FILES", DATA_DIR / "fichiers")).resolve()
FILES_S3 = s3_from(os.environ, production=PRODUCTION)
FILES_KEYS = [secret("MAISON_FILES_KEY", DATA_DIR, production=PRODUCTION), *words("MAISON_FILES_OLD_KEYS", "")]

LOG_LEVEL = os.environ.get("MAISON_LOG_LEVEL", "INFO").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "discreet": {
            "()": "maison.foundations.supervision.logs.Discreet",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "discreet"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        "procrastinate": {"level": "WARNING"},
    },
}

SANDBOX = flag("MAISON_SANDBOX", default=not PRODUCTION)

# Signing in (docs/sign-in.md): Pro Santé Connect, and local accounts with a second factor.
SANDBOX_URL = os.environ.get("MAISON_SANDBOX_URL", "http://localhost:8001")
PSC = provider_from(os.environ, sandbox_url=SANDBOX_URL, sandbox=SANDBOX, production=PRODUCTION)
TERMS_VERSION = os.environ.get("MAISON_TERMS_VERSION", "2026-11")
INVITATION_DAYS = number("MAISON_INVITATION_DAYS", 7)
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "accounts:enter"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
     "OPTIONS": {"user_attributes": ("email", "family_name", "given_name")}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]  # fmt: skip
# Shared by every process, so that attempts and used codes are counted once for the whole house.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "accounts_cache"}}
ACCOUNT_ADAPTER = "maison.foundations.accounts.local.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {
    "login": "maison.foundations.accounts.forms.LocalSignInForm",
    "reauthenticate": "maison.foundations.accounts.forms.PasswordAgainForm",
    "change_password": "maison.foundations.accounts.forms.NewPasswordForm",
}
ALLAUTH_TRUSTED_PROXY_COUNT = number("MAISON_PROXIES", 0)
MFA_ADAPTER = "maison.foundations.accounts.local.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be a period away; each period is accepted once
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_PASSKEY_LOGIN_ENABLED = False
MFA_WEBAUTHN_USER_VERIFICATION = "preferred"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # http://localhost; a browser itself refuses any other http origin
MFA_FORMS = {
    "authenticate": "maison.foundations.accounts.forms.SecondFactorForm",
    "reauthenticate": "maison.foundations.accounts.forms.SecondFactorAgainForm",
    "activate_totp": "maison.foundations.accounts.forms.ActivateTotpForm",
    "add_webauthn": "maison.foundations.accounts.forms.AddPasskeyForm",
}

# How the house estimates arrivals (services.emergency.eta.TravelModel): "kilometres_an_hour=62,scene_minutes=28".
ETA = parse_travel_model(os.environ.get("MAISON_ETA", ""))

# Exchanges: the key that seals payloads at rest (retired keys still open what they sealed), and the Hub Santé doors.
PAYLOAD_KEY = secret("MAISON_PAYLOAD_KEY", DATA_DIR, production=PRODUCTION)
PAYLOAD_RETIRED_KEYS = words("MAISON_PAYLOAD_RETIRED_KEYS", "")
INDEX_KEY = secret("MAISON_INDEX_KEY", DATA_DIR, production=PRODUCTION)
EXCHANGE_KEEP_DAYS = days_by_name("MAISON_EXCHANGE_KEEP_DAYS", "365")
EXCHANGE_MAX_BYTES = number("MAISON_EXCHANGE_MAX_BYTES", 1024 * 1024)
HUB_CLIENT_ID = os.environ.get("MAISON_HUB_CLIENT_ID", "fr.health.grades-occitanie")
HUB_AMQP_URL = os.environ.get("MAISON_HUB_AMQP_URL", "")  # empty: the AMQP door stays shut
HUB_MTLS_LISTEN = os.environ.get("MAISON_HUB_MTLS_LISTEN", "")  # host:port; empty: the certificate door stays shut
HUB_MTLS_CERTIFICATE = os.environ.get("MAISON_HUB_MTLS_CERTIFICATE", "")
HUB_MTLS_KEY = os.environ.get("MAISON_HUB_MTLS_KEY", "")
HUB_MTLS_AUTHORITY = os.environ.get("MAISON_HUB_MTLS_AUTHORITY", "")

# HL7v2: where the gateway listens for MLLP ("127.0.0.1:2575,tls:0.0.0.0:2576"; empty: shut) and what TLS shows and trusts.
MLLP_LISTEN = words("MAISON_MLLP_LISTEN", "")
MLLP_SEND = flag("MAISON_MLLP_SEND", default=True)
MLLP_MAX_BYTES = number("MAISON_MLLP_MAX_BYTES", 16 * 1024 * 1024)
MLLP_CERTIFICATE = os.environ.get("MAISON_MLLP_CERTIFICATE", "")
MLLP_KEY = os.environ.get("MAISON_MLLP_KEY", "")
MLLP_AUTHORITY = os.environ.get("MAISON_MLLP_AUTHORITY", "")
# Channels: where folder sources and targets stand, which hosts they may call, and the file of their credentials.
CHANNEL_FOLDERS = Path(os.environ.get("MAISON_CHANNEL_FOLDERS", DATA_DIR / "canaux")).resolve()
CHANNEL_HOSTS = words("MAISON_CHANNEL_HOSTS", "")  # empty: no HTTPS target is allowed
# FHIR subscriptions: minutes without an answer before a subscriber is said mute, days an event that was taken is kept.
FHIR_MUTE_MINUTES = number("MAISON_FHIR_MUTE_MINUTES", 60)
FHIR_EVENTS_DAYS = number("MAISON_FHIR_EVENTS_DAYS", 90)
CHANNEL_ACCESS = os.environ.get("MAISON_CHANNEL_ACCESS", "")
# Letters: the operator of MSSanté and the DMP (docs/letters.md); empty addresses: nothing leaves.
MSSANTE = mssante_from(os.environ, production=PRODUCTION)
DMP = dmp_from(os.environ, production=PRODUCTION)
HOUSE_OID = house_oid_from(os.environ, production=PRODUCTION, sends=bool(MSSANTE["url"] or DMP["url"]))
# Identity: the national service INSi (empty: not connected) and how often what it gave is verified.
INSI_URL = os.environ.get("MAISON_INSI_URL", f"{SANDBOX_URL}/insi" if SANDBOX else "")
INSI_CERTIFICATE = os.environ.get("MAISON_INSI_CERTIFICATE", "")
INSI_KEY = os.environ.get("MAISON_INSI_KEY", "")
INSI_AUTHORITY = os.environ.get("MAISON_INSI_AUTHORITY", "")
INSI_TIMEOUT_SECONDS = number("MAISON_INSI_TIMEOUT_SECONDS", 10)
INSI_LOT = number("MAISON_INSI_LOT", 1000)
INSI_VERIFY_YEARS = number("MAISON_INSI_VERIFY_YEARS", 3)
