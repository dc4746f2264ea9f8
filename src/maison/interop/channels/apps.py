from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "maison.interop.channels"
    label = "channels"
    verbose_name = "Canaux d'échange"

    def ready(self) -> None:
        from maison.foundations.access import grant
        from maison.foundations.events import register_topic
        from maison.foundations.jobs import every, register_loop
        from maison.interop.exchanges.words import register_words
        from maison.ui import frame

        from . import alerts, arrivals, desks, loop
        from .permissions import P
        from .ports import amqp, base, fhir, folders, house, https, mail, mailbox, mllp, remote, sftp

        grant("integrateur", P.VIEW, P.EDIT, P.APPROVE, P.TABLES)
        grant("terminologie", P.VIEW, P.TABLES, P.CODES)
        grant("admissions", P.ADMISSIONS)
        grant("referent_identito", P.IDENTITY)
        grant("secretaire", P.ADDRESSES)
        grant("support", P.VIEW)
        grant("rssi", P.VIEW)
        for source in (
            house.JournalSource(),
            folders.FolderSource(),
            house.EventSource(),
            house.CallSource(),
            amqp.AmqpSource(),
            sftp.SftpSource(),
            mailbox.MailboxSource(),
        ):
            base.register_source(source)
        for target in (
            https.HttpsTarget(),
            fhir.FhirTarget(),
            mllp.MllpTarget(),
            amqp.AmqpTarget(),
            sftp.SftpTarget(),
            folders.FolderTarget(),
            mail.MailTarget(),
        ):
            base.register_target(target)
        register_words(arrivals.WORDS | mailbox.WORDS)
        register_words({reason[:20]: words for reason, words in desks.LABELS.items()})
        register_topic("channels.list", lambda actor, key: actor.can(P.VIEW))
        register_loop("channels", loop.channels)
        register_loop("channel-sources", remote.loop)
        register_loop("channel-deliveries", loop.deliveries)
        register_loop("channel-alerts", every(alerts.WATCH_SECONDS, alerts.watch))
        register_loop("channel-memory", every(3600, alerts.forget))
        alerts.register()
        exchanges = frame.room("exchanges")
        if exchanges is not None:
            here = frame.Place("Canaux", "channels:list", lambda request: request.actor.can(P.VIEW))  # type: ignore[attr-defined]
            frame.register_room("exchanges", exchanges.label, [*exchanges.places, here])
        frame.register_room(
            "channels",
            "Canaux",
            [
                frame.Place("Canaux", "channels:list"),
                frame.Place("Carte des flux", "channels:flow"),
                frame.Place("Tables de correspondance", "channels:tables"),
                frame.Place("Bureaux de réparation", "channels:desks"),
                frame.Place("Journal des échanges", "exchanges:journal"),
            ],
        )
