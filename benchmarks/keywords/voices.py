"""Who speaks: the voices of three speech programs, and which of them training never hears."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from polychron.system.children import run

from .words import ENCODINGS, SPELLINGS

INSTALL = (
    "apt install espeak-ng flite festival festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts festvox-ru festvox-czech-dita"
    " festvox-czech-krb festvox-czech-machac festvox-czech-ph festvox-suopuhe-lj festvox-suopuhe-mv"
    " festvox-itapc16k festvox-italp16k festvox-ca-ona-hts"
)


class Saying(NamedTuple):
    """A word to be spoken into a file: ``stretch`` times as long as usual, at ``pitch`` 0..99 where the program can."""

    word: str
    stretch: float
    pitch: int
    out: Path


@dataclass(frozen=True, kw_only=True)
class Voice:
    """``name``: as the program calls it; ``speaker``: whose voice it is. A speaker may be heard through two programs, or with two accents.
    ``language``: what the voice was made for."""

    program: str
    name: str
    speaker: str
    language: str = "english"


ACCENTS = ("en-us", "en-gb", "en-us-nyc", "en-gb-scotland", "en-gb-x-rp")
VARIANTS = (*(f"f{number}" for number in range(1, 6)), *(f"m{number}" for number in range(1, 9)))
NAMED = (
    "Alex Alicia Andrea Andy Annie Denis Diogo Gene Henrique Hugo Jacky Lee Marco Mario Michael Mike Nguyen adam anika antonio"
    " aunty belinda benjamin boris david ed edward grandma grandpa gustave iven john klatt klatt2 klatt4 linda marcelo max michel"
    " miguel norbert pablo paul pedro quincy rob robert sandro shelby steph travis victor zac"
).split()
"""Other variants of espeak-ng: formants and pitch of their own, and of some another way to make a voice from them (Klatt's). Those
called robosoft are left out: they have the formants of m8, which is held out."""

MORE_ACCENTS = (*ACCENTS, "en-029", "en-gb-x-gbclan", "en-gb-x-gbcwmd")
FESTIVAL = {
    "english": {"kal_diphone": "kal", "ked_diphone": "ked", "cmu_us_slt_arctic_hts": "slt"},
    "czech": {"czech_dita": "dita", "czech_krb": "krb", "czech_machac": "machac", "czech_ph": "ph"},
    "finnish": {"suo_fi_lj_diphone": "lj", "hy_fi_mv_diphone": "mv"},
    "italian": {"pc_diphone": "pc", "lp_diphone": "lp"},
    "catalan": {"upc_ca_ona_hts": "ona"},
}

FIRST = (
    *(
        Voice(program="espeak-ng", name=f"{ACCENTS[(at + turn) % len(ACCENTS)]}+{name}", speaker=name)
        for at, name in enumerate(VARIANTS)
        for turn in range(2)
    ),
    *(Voice(program="flite", name=name, speaker=name.removesuffix("16")) for name in ("awb", "kal16", "rms", "slt")),
    *(
        Voice(program="festival", name=name, speaker=speaker, language=language)
        for language, voices in FESTIVAL.items()
        for name, speaker in voices.items()
    ),
)
"""Those of which some are held out."""

MORE = (
    *(Voice(program="espeak-ng", name=f"{MORE_ACCENTS[at % len(MORE_ACCENTS)]}+{name}", speaker=name) for at, name in enumerate(NAMED)),
    Voice(program="festival", name="msu_ru_nsh_clunits", speaker="nsh", language="russian"),
)
"""Those that are trained on alone."""

VOICES = (*FIRST, *MORE)


def unseen() -> tuple[str, ...]:
    """The speakers that are held out: of each program the last by name of those in :data:`FIRST` who speak English, and through no other
    program."""
    found = []
    for program in dict.fromkeys(voice.program for voice in FIRST):
        others = {voice.speaker for voice in FIRST if voice.program != program}
        found.append(max({voice.speaker for voice in FIRST if (voice.program, voice.language) == (program, "english")} - others))
    return tuple(found)


def check_programs() -> None:
    """``ValueError`` that says how to get the programs and voices that are missing."""
    missing = sorted({voice.program for voice in VOICES if shutil.which(voice.program) is None})
    if not missing:
        known = _told(["flite", "-lv"]) + _told(["festival", "-b", "(print (voice.list))"])
        missing = [voice.name for voice in VOICES if voice.program != "espeak-ng" and voice.name not in known]
    if missing:
        raise ValueError(f"{', '.join(missing)} can't be found, which speaks the words: {INSTALL}")


def _told(command: Sequence[str]) -> str:
    return run(command, folder=Path.cwd()).stdout


def speak(voice: Voice, sayings: Sequence[Saying], *, folder: Path) -> None:
    """Each of ``sayings`` into its file, a WAV of the program's rate; ``folder`` for temporary files."""
    spelling = SPELLINGS.get(voice.language, {})
    sayings = [saying._replace(word=spelling.get(saying.word, saying.word)) for saying in sayings]
    if voice.program == "festival":
        lines = [f"(voice_{voice.name})"]
        for text, stretch, _, out in sayings:
            lines.append(f"(Parameter.set 'Duration_Stretch {stretch:.3f})")
            lines.append(f'(utt.save.wave (utt.synth (Utterance Text "{text}")) "{out}" \'riff)')
        script = folder / "say.scm"
        script.write_text("\n".join(lines), encoding=ENCODINGS.get(voice.language, "utf-8"))
        commands = [["festival", "-b", str(script)]]
    elif voice.program == "flite":
        commands = [
            ["flite", "-voice", voice.name, "--setf", f"duration_stretch={stretch:.3f}", "-t", text, "-o", str(out)]
            for text, stretch, _, out in sayings
        ]
    else:
        commands = [
            ["espeak-ng", "-v", voice.name, "-s", str(round(160 / stretch)), "-p", str(pitch), "-w", str(out), text]
            for text, stretch, pitch, out in sayings
        ]
    for command in commands:
        done: subprocess.CompletedProcess[str] = run(command, folder=folder)
        if done.returncode:
            raise ValueError(f"{voice.program} has failed with voice {voice.name}: {done.stderr.strip()[-200:]}")
    if silent := [saying.word for saying in sayings if not saying.out.is_file() or saying.out.stat().st_size < 2000]:
        raise ValueError(f"{voice.program} has said nothing with voice {voice.name}: {', '.join(silent)}")
