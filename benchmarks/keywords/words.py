"""What is spoken, and how a voice of another language has to read it to say it."""

KEYWORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
OTHERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("bed", "bird", "cat", "dog", "happy", "house", "sheila", "tree", "wow", "marvin"),
)
OTHER = "other"
"""The label of those and of noise."""

_SPELLED = {
    "czech": "jes nou ap daun left rajt on of stop gou ziro van tu sri for fajv siks sevn ejt najn bed berd ket dog hepi haus sila tri vau",
    "finnish": "jes nou ap daun left rait on off stop gou siro van tuu srii foor faiv siks sevn eit nain bed berd ket dog hepi haus siila"
    " trii vau",
    "italian": "ies nou ap daun left rait on of stop gou siro uan tu sri for faiv sics sevn eit nain bed berd chet dog epi aus scila tri uau",
    "catalan": "ies nou ap daun left rait on of stop gou siro uan tu sri for faiv sics seven eit nain bed berd ket dog epi aus xila tri uau",
    "russian": "йес ноу ап даун лефт райт он офф стоп гоу зироу ван ту сри фор файв сикс севен эйт найн бед бёрд кэт дог хэпи хаус шила три"
    " вау",
}
SPELLINGS = {language: dict(zip((*KEYWORDS, *OTHERS), spelled.split(), strict=False)) for language, spelled in _SPELLED.items()}
"""By language, of each word the spelling; a word without one is read as it stands."""
