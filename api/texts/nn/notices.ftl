# That there is a message, by SMS and e-mail. No text tells of which service or about what, and none has a link (KRR-16).
# With an organisation of some 15 letters each fits into one SMS of 160.

to-owner = Du har fått ei melding frå { $organisation }. Logg inn i Brevdue for å lese henne.
    .subject = Du har fått ei ny melding
to-another = Ein du representerer, har fått ei melding frå { $organisation }. Logg inn i Brevdue for å lese henne.
    .subject = Ny melding til ein du representerer
