# That there is a message, by SMS and e-mail. No text tells of which service or about what, and none has a link (KRR-16).
# With an organisation of some 15 letters each fits into one SMS of 160.

to-owner = You have a message from { $organisation }. Log in to Brevdue to read it.
    .subject = You have a new message
to-another = Somebody you represent has a message from { $organisation }. Log in to Brevdue to read it.
    .subject = New message for somebody you represent
