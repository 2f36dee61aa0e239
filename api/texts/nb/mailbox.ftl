# What the mailbox itself writes: messages to owners and to services' queues, and calendars. Subjects name nobody: they show
# in lists. Days are like 22.11.2026, times like 12:00.

# Powers of attorney. { $name } is the other side.
power-registered = Fullmakt fra deg til { $name } er registrert etter et skjema.
    .subject = En fullmakt er registrert for deg
power-registered-assigned = Det er registrert at fullmakt for deg skal tildeles { $name }.
    .subject = En fullmakt er registrert for deg
power-given-by-you = Du har gitt fullmakt til { $name }.
    .subject = Du har gitt en fullmakt
power-given-to-you = Du har fått fullmakt fra { $name }.
    .subject = Du har fått en fullmakt
power-assigned-for-you = Fullmakt for deg er tildelt { $name }.
    .subject = En fullmakt er tildelt
power-assigned-to-you = Du er tildelt fullmakt for { $name }.
    .subject = Du er tildelt en fullmakt
power-from-you-changed = Fullmakten fra deg til { $name } er endret.
    .subject = En fullmakt er endret
power-to-you-changed = Fullmakten til deg fra { $name } er endret.
    .subject = En fullmakt er endret
power-from-you-ended = Fullmakten fra deg til { $name } er avsluttet.
    .subject = En fullmakt er avsluttet
power-to-you-ended = Fullmakten til deg fra { $name } er avsluttet.
    .subject = En fullmakt er avsluttet
power-from-you-expired = Fullmakten fra deg til { $name } er utløpt.
    .subject = En fullmakt er utløpt
power-to-you-expired = Fullmakten til deg fra { $name } er utløpt.
    .subject = En fullmakt er utløpt

# After the first sentence of one that was registered, and the paragraph below it.
power-effect = Den får ingen virkning før { $day } kl. { $time }, og først når den er kontrollert.
power-objection = Er dette feil, kan du avslutte fullmakten med det samme under fullmakter her i postkassen, eller be den som driver postkassen, om å stoppe den.

# The last two lines.
power-period = Periode: fra { $from } til og med { $to }.
power-period-open = Periode: fra { $from }, uten sluttdato.
power-areas = Tjenesteområder: { $areas }.

# Who is on the other side, where it is not a name alone.
nobody-named = en person som ikke lenger er tilgjengelig her
holder-named = { $name } ({ $kind } { $number })
holder-by-number = personen med { $kind } { $number }
birth-number = fødselsnummer
d-number = D-nummer
common-help-number = felles hjelpenummer

# What a service finds in its queue when a citizen has cancelled.
appointment-cancelled = Timen { $day } kl. { $time } er avlyst.
    .subject = Avlyst: { $title }
visit-cancelled = Besøket { $day } kl. { $time } er avlyst.
    .subject = Avlyst: { $title }

# The receipt of who has got another general practitioner.
practitioner-changed =
    Ny fastlege fra { $day }: { $names }.

    Nåværende og tidligere fastleger står i oversikten over helsekontakter.
    .subject = Kvittering for bytte av fastlege

# What one's calendar shows of an appointment. Others look into calendars, so nothing of health stands in it.
calendar-summary = Time hos { $service }
