# Why a channel was chosen, or was not, for senders. No text tells more than the name: not what closes an inbox, and
# nothing of addresses.

inboxOpen = The recipient has opened the inbox to the service.
inboxFirst = The inbox comes first, and takes the letter.
inboxNotOpen = The recipient has not opened the inbox to the service.
held = The message waits until the recipient opens the inbox.
onlyInbox = Messages of this kind go to the inbox alone.
dead = The recipient is dead.
contactUnknown = The contact and reservation register has not answered about the recipient. The letter waits.
registerStale = The population register has not answered about the recipient.
reserved = The recipient is reserved against digital communication.
neverRegistered = The recipient has never used an ID-porten service.
cannotBeNotified = The recipient cannot be notified: the contact details have expired or were deleted.
youthAppointment = The service sends appointment letters to those of 12 to 15 on paper.
mailboxChosen = The recipient has chosen a digital mailbox that the service sends to.
mailboxFirst = The digital mailbox comes first, and takes the letter.
minor = The recipient is below 18, too young for a digital mailbox.
noMailbox = The recipient has chosen no digital mailbox.
providerNotSupported = The service does not send to the provider of the chosen mailbox.
certificateInvalid = The certificate of the chosen mailbox does not hold.
notAtProvider = The provider of the chosen mailbox could not deliver the letter.
tooLarge = The letter is too large for a digital mailbox.
tooManyDocuments = The letter has too many documents for a digital mailbox.
notOffered = The service does not use this channel.
nothingDigital = No digital channel takes the letter.
notOpened = The letter was not opened in time.
noPost = There is no post to the recipient.
