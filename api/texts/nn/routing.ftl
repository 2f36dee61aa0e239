# Why a channel was chosen, or was not, for senders. No text tells more than the name: not what closes an inbox, and
# nothing of addresses.

inboxOpen = Mottakaren har opna innboksen for tenesta.
inboxFirst = Innboksen kjem først, og tek imot brevet.
inboxNotOpen = Mottakaren har ikkje opna innboksen for tenesta.
held = Meldinga ventar til mottakaren opnar innboksen.
onlyInbox = Meldingar av dette slaget går berre til innboksen.
dead = Mottakaren er død.
contactUnknown = Kontakt- og reservasjonsregisteret har ikkje svart om mottakaren. Brevet ventar.
registerStale = Folkeregisteret har ikkje svart om mottakaren.
reserved = Mottakaren har reservert seg mot digital kommunikasjon.
neverRegistered = Mottakaren har aldri brukt ei ID-porten-teneste.
cannotBeNotified = Mottakaren kan ikkje varslast: kontaktopplysningane er utgåtte eller sletta.
youthAppointment = Tenesta sender innkallingar til unge frå 12 til 15 år på papir.
mailboxChosen = Mottakaren har valt ei digital postkasse som tenesta sender til.
mailboxFirst = Den digitale postkassa kjem først, og tek imot brevet.
minor = Mottakaren er under 18 år, for ung for digital postkasse.
noMailbox = Mottakaren har ikkje valt digital postkasse.
providerNotSupported = Tenesta sender ikkje til leverandøren av den valde postkassa.
certificateInvalid = Sertifikatet til den valde postkassa gjeld ikkje.
notAtProvider = Leverandøren av den valde postkassa kunne ikkje levere brevet.
tooLarge = Brevet er for stort for ei digital postkasse.
tooManyDocuments = Brevet har for mange dokument for ei digital postkasse.
notOffered = Tenesta bruker ikkje denne kanalen.
nothingDigital = Ingen digital kanal tek imot brevet.
notOpened = Brevet vart ikkje opna innan fristen.
noPost = Det går ikkje post til mottakaren.
