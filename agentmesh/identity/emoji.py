"""The 64 emoji of a quick comparison, with the word to say for each: the list Matrix uses."""

EMOJI: tuple[tuple[str, str], ...] = (
    ("🐶", "dog"), ("🐱", "cat"), ("🦁", "lion"), ("🐎", "horse"),
    ("🦄", "unicorn"), ("🐷", "pig"), ("🐘", "elephant"), ("🐰", "rabbit"),
    ("🐼", "panda"), ("🐓", "rooster"), ("🐧", "penguin"), ("🐢", "turtle"),
    ("🐟", "fish"), ("🐙", "octopus"), ("🦋", "butterfly"), ("🌷", "flower"),
    ("🌳", "tree"), ("🌵", "cactus"), ("🍄", "mushroom"), ("🌏", "globe"),
    ("🌙", "moon"), ("☁️", "cloud"), ("🔥", "fire"), ("🍌", "banana"),
    ("🍎", "apple"), ("🍓", "strawberry"), ("🌽", "corn"), ("🍕", "pizza"),
    ("🎂", "cake"), ("❤️", "heart"), ("😀", "smiley"), ("🤖", "robot"),
    ("🎩", "hat"), ("👓", "glasses"), ("🔧", "spanner"), ("🎅", "santa"),
    ("👍", "thumbs up"), ("☂️", "umbrella"), ("⌛", "hourglass"), ("⏰", "clock"),
    ("🎁", "gift"), ("💡", "light bulb"), ("📕", "book"), ("✏️", "pencil"),
    ("📎", "paperclip"), ("✂️", "scissors"), ("🔒", "lock"), ("🔑", "key"),
    ("🔨", "hammer"), ("☎️", "telephone"), ("🏁", "flag"), ("🚂", "train"),
    ("🚲", "bicycle"), ("✈️", "aeroplane"), ("🚀", "rocket"), ("🏆", "trophy"),
    ("⚽", "ball"), ("🎸", "guitar"), ("🎺", "trumpet"), ("🔔", "bell"),
    ("⚓", "anchor"), ("🎧", "headphones"), ("📁", "folder"), ("📌", "pin"),
)  # fmt: skip
