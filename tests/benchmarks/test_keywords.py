"""The set of spoken keywords: who is held out, what is said where nobody can speak, and (slow) what the programs say."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.keywords import score, speak, voices
from benchmarks.keywords.words import KEYWORDS, OTHERS, SPELLINGS


def test_no_unseen_speaker_is_heard_before() -> None:
    assert voices.unseen() == ("m8", "rms", "ked")
    heard = {voice.program for voice in voices.VOICES if voice.speaker in voices.unseen()}
    assert heard == {"espeak-ng", "flite", "festival"}
    assert len({voice.name for voice in voices.VOICES}) == len(voices.VOICES)
    assert not [voice.name for voice in voices.VOICES if "robosoft" in voice.name]  # m8 by other names


def test_what_is_held_out_stays_whoever_is_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each voice, and the noise, has a generator of its own."""
    monkeypatch.setattr(speak, "spoken", lambda voice, part, rng: (part, voice.name, rng.random()))
    monkeypatch.setattr(speak, "noises", lambda part, rng: (part, "noise", rng.random()))
    every = list(speak._all(voices.unseen(), 0))
    monkeypatch.setattr(speak, "MORE", ())
    fewer = list(speak._all(voices.unseen(), 0))
    assert set(fewer) < set(every)
    assert [one for one in every if one[0] == "unseen"] == [one for one in fewer if one[0] == "unseen"]
    assert len({draw for *_, draw in every}) == len(every) == len(voices.VOICES) + 2


def test_every_word_has_a_spelling() -> None:
    assert all(list(spelled) == [*KEYWORDS, *OTHERS] for spelled in SPELLINGS.values())
    assert {voice.language for voice in voices.VOICES} == {"english", *SPELLINGS}


def test_what_is_no_keyword_is_other() -> None:
    assert score.merged(np.array(["garden", "zero", "noise", "music"])).tolist() == ["garden", "other", "other", "music"]


def test_a_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert speak.main([str(tmp_path / "set")]) == 2
    said = capsys.readouterr().err
    assert said.startswith(
        "error: espeak-ng, festival, flite can't be found, which speaks the words: apt install espeak-ng flite festival "
    )
    assert not (tmp_path / "set").exists()


@pytest.mark.slow
def test_a_voice_of_each_program_speaks() -> None:
    try:
        voices.check_programs()
    except ValueError as error:
        pytest.skip(str(error))
    for name in ("rms", "ked_diphone"):
        number, voice = next((number, voice) for number, voice in enumerate(voices.VOICES) if voice.name == name)
        said = [list(speak.spoken(voice, "unseen", np.random.default_rng([0, number]))) for _ in range(2)]
        assert len(said[0]) == 100
        assert all(speak.wav_bytes(a.sound) == speak.wav_bytes(b.sound) for a, b in zip(*said, strict=True))
        assert 0.4 * speak.RATE < min(len(one.sound) for one in said[0]) < max(len(one.sound) for one in said[0]) < 3 * speak.RATE
