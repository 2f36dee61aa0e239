# The pages of problems, for people.

all = All kinds of problems
about = Every error of the API is of one of these kinds.
mend = How to mend it
status = HTTP status
retry = Can the same request succeed later?
yes = Yes
no = No
