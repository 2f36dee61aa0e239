# A letter as it leaves the house, on paper or to a digital mailbox.

sender = Avsender
date = Dato
left-out = Disse vedleggene kan ikke sendes med. Ta kontakt med avsenderen for å få dem:
footer = Side { $page } av { $pages }

# What a digital mailbox shows to who is not logged in, and puts into notices: nothing of what the letter is about (KRR-16).
title-for-all = Nytt brev
