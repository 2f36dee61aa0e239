# The pages of problems, for people.

all = Alle problemtyper
about = Hver feil fra API-et er av en av disse typene.
mend = Slik retter du det
status = HTTP-status
retry = Kan samme forespørsel lykkes senere?
yes = Ja
no = Nei
