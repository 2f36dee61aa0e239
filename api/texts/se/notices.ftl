# That there is a message, by SMS and e-mail. No text tells of which service or about what, and none has a link (KRR-16).
# With an organisation of some 15 letters each fits into one SMS of 160.

to-owner = Dutnje lea boahtán diehtu. Sáddejeaddji: { $organisation }. Logge sisa Brevdue:i lohkat dan.
    .subject = Dutnje lea boahtán ođđa diehtu
to-another = Olbmui gean ovddastat lea boahtán diehtu. Sáddejeaddji: { $organisation }. Logge sisa Brevdue:i lohkat dan.
    .subject = Ođđa diehtu olbmui gean ovddastat
