"""What is spoken, and how a voice of another language has to read it to say it."""

KEYWORDS = ("computer", "television", "kitchen", "garden", "music", "window", "heating", "bedroom", "morning", "holiday")
OTHERS = (
    *("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"),
    *("zero", "one", "two", "three", "four", "happy", "house", "marvin", "sheila", "tomorrow"),
)
NOISE = "noise"
"""What stands for a word where there is none."""

OTHER = "other"
"""What is told of all that is no keyword."""

_SPELLED = {
    "czech": "kompjuter televizn kičn gardn mjuzik vindou hiting bedrum morning holidej jes nou ap daun left rajt on of stop gou"
    " zirou van tu sri for hepi haus marvin šila tumorou",
    "finnish": "kompjuuter televisen kitsen gaarden mjuusik vindou hiiting bedruum moorning holidei jes nou ap daun left rait on off stop"
    " gou sirou van tuu srii foor hepi haus marvin siila tumorou",
    "italian": "compiuter televiscen chicen garden miusic uindou iting bedrum morning olidei ies nou ap daun left rait on of stop gou"
    " sirou uan tu sri for epi aus marvin scila tumorou",
    "catalan": "compiuter televijen kitxen garden miusic uindou iting bedrum morning olidei ies nou ap daun left rait on of stop gou"
    " sirou uan tu sri for epi aus marvin xila tumorou",
    "russian": "компьютер телевижен китчен гарден мьюзик уиндоу хитинг бэдрум морнинг холидэй йес ноу ап даун лефт райт он оф стоп"
    " гоу зироу уан ту сри фор хэпи хаус марвин шила туморроу",  # noqa: RUF001
}
SPELLINGS = {language: dict(zip((*KEYWORDS, *OTHERS), spelled.split(), strict=True)) for language, spelled in _SPELLED.items()}
"""By language, of each word the spelling."""

ENCODINGS = {"czech": "iso-8859-2"}
"""By language, of the text that a voice reads; of others UTF-8."""
