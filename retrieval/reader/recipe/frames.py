"""Sentences with slots, and for each slot the questions that it answers."""

FRAMES: tuple[tuple[tuple[str, ...], dict[str, tuple[str, ...]]], ...] = (
    (
        (
            "{p} founded {o} in {y}, with only {n} members.",
            "{o} was established by {p} in {y}; it began with {n} members.",
            "In {y}, {p} set up {o}, which had {n} members at first.",
            "The history of {o} begins in {y}, when {p} and {n} others started it.",
        ),
        {
            "p": (
                "Who founded {o}?",
                "Who was the founder of {o}?",
                "By whom was {o} started?",
                "Who created {o}?",
            ),
            "o": (
                "What did {p} establish in {y}?",
                "Which organisation did {p} found?",
                "What was set up by {p}?",
            ),
            "y": ("When was {o} founded?", "In what year did {p} start {o}?", "What year was {o} created?"),
            "n": ("How many members did {o} have at first?", "How many people were in {o} when it began?"),
        },
    ),
    (
        (
            "{p} was born in {c} in {y} and worked as a {j}.",
            "Born in {c} in {y}, {p} became a {j}.",
            "The {j} {p} ({y} - {z}) grew up in {c}.",
            "{p}, a {j} from {c}, was born in {y}.",
        ),
        {
            "p": (
                "Who came from {c}?",
                "Which {j} was born in {c}?",
                "What is the name of the {j} born in {y}?",
            ),
            "c": ("Where was {p} born?", "What is the birthplace of {p}?", "Which city did {p} come from?"),
            "y": (
                "When was {p} born?",
                "What is {p}'s year of birth?",
                "In which year was the {j} {p} born?",
            ),
            "j": (
                "What was {p}'s profession?",
                "What did {p} do for a living?",
                "What was the occupation of {p}?",
            ),
        },
    ),
    (
        (
            "The {h} River flows through {c} for {k} before it reaches the Sea of {x}.",
            "With a length of {k}, the {h} River runs past {c} into the Sea of {x}.",
            "{c} lies on the {h} River, which is {k} long and empties into the Sea of {x}.",
        ),
        {
            "h": (
                "Which river flows through {c}?",
                "What river does {c} lie on?",
                "What is the name of the river at {c}?",
            ),
            "k": ("How long is the {h} River?", "What is the length of the {h} River?"),
            "c": ("What city lies on the {h} River?", "Where does the {h} River flow?"),
            "x": ("Which sea does the {h} River flow into?", "Into which sea does the {h} River empty?"),
        },
    ),
    (
        (
            "The population of {c} grew from {n} in {y} to {m} in {z}.",
            "In {z} there were {m} people in {c}, compared with {n} in {y}.",
            "{c} had {n} inhabitants in {y}; by {z} the number had risen to {m}.",
        ),
        {
            "n": ("How many people lived in {c} in {y}?", "What was the population of {c} in {y}?"),
            "m": ("How many inhabitants did {c} have in {z}?", "What was the population of {c} by {z}?"),
            "c": ("Which town grew to {m} people?", "What place had {n} inhabitants in {y}?"),
        },
    ),
    (
        (
            "{o} beat {q} by {s} in the final, and {p} scored {n} points.",
            "In the final, {p} scored {n} points as {o} defeated {q} {s}.",
            "{q} lost the final to {o} ({s}) despite a strong defence; {p} had {n} points for the winners.",
        ),
        {
            "o": ("Who won the final?", "Which team beat {q}?", "Who defeated {q}?", "To whom did {q} lose?"),
            "q": ("Who lost the final?", "Which team did {o} beat?", "Who was {o}'s opponent in the final?"),
            "s": ("What was the score of the final?", "What was the final score between {o} and {q}?"),
            "p": ("Who scored {n} points?", "Which player had {n} points in the final?"),
            "n": ("How many points did {p} score?", "How many points did {p} have in the final?"),
        },
    ),
    (
        (
            "{p} discovered in {y} that {t} is caused by {u}.",
            "In {y}, the researcher {p} showed that {u} leads to {t}.",
            "{t} results from {u}, as {p} found in {y}.",
            "The cause of {t} is {u}; this was first shown by {p} in {y}.",
        ),
        {
            "p": (
                "Who discovered the cause of {t}?",
                "Who found what causes {t}?",
                "Which researcher studied {t}?",
            ),
            "u": (
                "What causes {t}?",
                "What is the cause of {t}?",
                "What leads to {t}?",
                "What is {t} a result of?",
            ),
            "t": ("What is caused by {u}?", "What does {u} cause?", "What is a result of {u}?"),
            "y": ("When was the cause of {t} found?", "In which year did {p} make the discovery about {t}?"),
        },
    ),
    (
        (
            "The treaty of {c} was signed on {d} by {p} and ended the {x} War.",
            "On {d}, {p} signed the treaty of {c}, which brought the {x} War to an end.",
            "The {x} War lasted until {d}, when {p} put his name to the treaty of {c}.",
        ),
        {
            "d": (
                "When was the treaty of {c} signed?",
                "On what date did the {x} War end?",
                "When did the {x} War end?",
            ),
            "p": ("Who signed the treaty of {c}?", "By whom was the treaty of {c} signed?"),
            "x": ("Which war did the treaty of {c} end?", "What war ended on {d}?"),
            "c": ("Where was the treaty that ended the {x} War signed?", "Which treaty ended the {x} War?"),
        },
    ),
    (
        (
            "About {f} of the {w} in {c} are {v}, and the rest are {r}.",
            "In {c}, {f} of all {w} are {v}; the others are {r}.",
            "Studies in {c} found that {f} of {w} were {v} while the remaining ones were {r}.",
        ),
        {
            "f": ("What percentage of {w} in {c} are {v}?", "How many of the {w} in {c} are {v}?"),
            "c": ("Where are {f} of the {w} {v}?", "In which place were the {w} studied?"),
            "r": ("What are the rest of the {w} in {c}?", "What are the {w} that are not {v}?"),
        },
    ),
    (
        (
            "{p}'s book {b} was published in {y} and deals with {t}.",
            "In {b} ({y}), {p} writes about {t}.",
            "{p} wrote {b}, a book on {t}, in {y}.",
        ),
        {
            "p": ("Who wrote {b}?", "Who is the author of {b}?", "Whose book deals with {t}?"),
            "b": (
                "What did {p} write in {y}?",
                "Which book deals with {t}?",
                "What is the title of {p}'s book?",
            ),
            "y": ("When was {b} published?", "In what year did {p} write {b}?", "When did {b} come out?"),
            "t": ("What is {b} about?", "What does {b} deal with?", "What is the subject of {p}'s book?"),
        },
    ),
    (
        (
            "{o} employs {n} people and has its headquarters in {c}; it is led by {p}.",
            "{p} leads {o}, a company based in {c} with a staff of {n}.",
            "From its main office in {c}, {o} is run by {p} and {n} employees.",
        ),
        {
            "n": (
                "How many people work for {o}?",
                "How many employees does {o} have?",
                "How large is the staff of {o}?",
            ),
            "c": (
                "Where is {o} based?",
                "Where are the headquarters of {o}?",
                "In which city is {o} located?",
            ),
            "p": ("Who runs {o}?", "Who is the head of {o}?", "Who is in charge of {o}?", "Who leads {o}?"),
            "o": ("Which company is led by {p}?", "What company has its main office in {c}?"),
        },
    ),
    (
        (
            "The {w} are used for {g}, because they are {v}.",
            "Because of being {v}, {w} serve for {g}.",
            "People use {w} for {g}; the reason is that they are {v}.",
        ),
        {
            "g": ("What are {w} used for?", "What is the use of {w}?", "What purpose do {w} serve?"),
            "v": ("Why are {w} used for {g}?", "What makes {w} fit for {g}?"),
            "w": ("What is used for {g}?", "Which things serve for {g}?"),
        },
    ),
)
