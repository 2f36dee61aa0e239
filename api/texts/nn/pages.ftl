# The pages of problems, for people.

all = Alle problemtypar
about = Kvar feil frå API-et er av ein av desse typane.
mend = Slik rettar du det
status = HTTP-status
retry = Kan den same førespurnaden lukkast seinare?
yes = Ja
no = Nei
