# That there is a message, by SMS and e-mail. No text tells of which service or about what, and none has a link (KRR-16).
# With an organisation of some 15 letters each fits into one SMS of 160.

to-owner = Du har fått en melding fra { $organisation }. Logg inn i Brevdue for å lese den.
    .subject = Du har fått en ny melding
to-another = En du representerer, har fått en melding fra { $organisation }. Logg inn i Brevdue for å lese den.
    .subject = Ny melding til en du representerer
