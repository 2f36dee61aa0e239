# Why a channel was chosen, or was not, for senders. No text tells more than the name: not what closes an inbox, and
# nothing of addresses.

inboxOpen = Mottakeren har åpnet innboksen for tjenesten.
inboxFirst = Innboksen kommer først, og tar imot brevet.
inboxNotOpen = Mottakeren har ikke åpnet innboksen for tjenesten.
held = Meldingen venter til mottakeren åpner innboksen.
onlyInbox = Meldinger av dette slaget går bare til innboksen.
dead = Mottakeren er død.
contactUnknown = Kontakt- og reservasjonsregisteret har ikke svart om mottakeren. Brevet venter.
registerStale = Folkeregisteret har ikke svart om mottakeren.
reserved = Mottakeren har reservert seg mot digital kommunikasjon.
neverRegistered = Mottakeren har aldri brukt en ID-porten-tjeneste.
cannotBeNotified = Mottakeren kan ikke varsles: kontaktopplysningene er utgått eller slettet.
youthAppointment = Tjenesten sender innkallinger til unge fra 12 til 15 år på papir.
mailboxChosen = Mottakeren har valgt en digital postkasse som tjenesten sender til.
mailboxFirst = Den digitale postkassen kommer først, og tar imot brevet.
minor = Mottakeren er under 18 år, for ung for digital postkasse.
noMailbox = Mottakeren har ikke valgt digital postkasse.
providerNotSupported = Tjenesten sender ikke til leverandøren av den valgte postkassen.
certificateInvalid = Sertifikatet til den valgte postkassen gjelder ikke.
notAtProvider = Leverandøren av den valgte postkassen kunne ikke levere brevet.
tooLarge = Brevet er for stort for en digital postkasse.
tooManyDocuments = Brevet har for mange dokumenter for en digital postkasse.
notOffered = Tjenesten bruker ikke denne kanalen.
nothingDigital = Ingen digital kanal tar imot brevet.
notOpened = Brevet ble ikke åpnet innen fristen.
noPost = Det går ikke post til mottakeren.
