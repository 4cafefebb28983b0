"""A network that reads signals as C: the latencies of a step's samples, the newest and those before it, and the class of a whole signal."""

from dataclasses import dataclass

from .answers import ClassNames
from .readings import Readings
from .text import remark

STEPS = 1 << 23
"""After so many a step's number, which any type of readings holds, stays."""

SIGNAL = """/* A signal on its way through the network. */
typedef struct {{
    uint32_t steps;
    int16_t latencies[{capitals}_INPUTS]; /* of the last step: the newest sample's first{timed} */
    int32_t sums[{capitals}_OUTPUTS];     /* of each output's latencies, over the steps */
}} {name}_signal;

/* Begins a signal; {name}_begin() resets the network's state, too. */
void {name}_clear({name}_signal *signal);
"""
SIGNAL_SOURCE = """void {name}_clear({name}_signal *signal) {{
    signal->steps = 0;
    for (uint16_t output = 0; output < {outputs}; output++)
        signal->sums[output] = 0;
}}
"""
MAP = """void {name}_latencies({name}_signal *signal, const {name}_reading *readings) {{
    int16_t *const latencies = signal->latencies, newest[{columns}];
    /* Before a signal begins its first sample stands. */
    const uint16_t fresh = signal->steps > 0 ? {channels} : {lagged};
    {name}_reading numbers[{columns}];
    for (uint16_t channel = 0; channel < {channels}; channel++)
        numbers[channel] = readings[channel];
{number}    {name}_map(numbers, newest);
    for (uint16_t input = {lagged}; input-- > fresh;)
        latencies[input] = latencies[input - {channels}];
    for (uint16_t input = 0; input < fresh; input++)
        latencies[input] = newest[input % {channels}];
{last}    if (signal->steps < {most})
        signal->steps++;
}}
"""
STEP_HEADER = """/* A class's probability is exp(-its output's mean latency * this) over the sum of all classes'; the
 * mean is its sum over the number of steps. */
#define {capitals}_NATS {nats!r}

/* Begins a signal. */
polychron_result {name}_begin(polychron_link *link, {name}_signal *signal);

/* A step with the next sample's readings. Then {name}_classes[*winner] is the class of the signal as
 * far as it has come: the output whose latencies have the least sum. */
polychron_result {name}_step(polychron_link *link, {name}_signal *signal,
                             const {name}_reading *readings, uint8_t *winner);
"""
STEP = """polychron_result {name}_begin(polychron_link *link, {name}_signal *signal) {{
    {name}_clear(signal);
    return polychron_reset(link, &{name});
}}

polychron_result {name}_step(polychron_link *link, {name}_signal *signal,
                             const {name}_reading *readings, uint8_t *winner) {{
    int16_t outputs[{capitals}_OUTPUTS];
    {name}_latencies(signal, readings);
    polychron_result result = polychron_step(link, &{name}, signal->latencies, winner);
    if (result == POLYCHRON_OK)
        result = polychron_read_latencies(link, {name}.output, outputs, {capitals}_OUTPUTS);
    if (result != POLYCHRON_OK)
        return result;
    uint16_t least = 0;
    for (uint16_t output = 0; output < {capitals}_OUTPUTS; output++) {{
        signal->sums[output] += outputs[output];
        if (signal->sums[output] < signal->sums[least])
            least = output;
    }}
    *winner = (uint8_t)least;
    return POLYCHRON_OK;
}}
"""


@dataclass(frozen=True, kw_only=True)
class SignalReadings(Readings):
    """Of signals. ``edges`` of the channels, and of a step's number behind them if it is ``timed``; a step is given its last ``lags``
    samples. ``outputs`` of the network."""

    lags: int
    timed: bool
    outputs: int

    @property
    def columns(self) -> int:
        return len(self.edges) - self.timed

    @property
    def _inputs(self) -> int:
        return self.columns * self.lags + self.timed

    def header(self, name: str) -> list[str]:
        capitals = name.upper()
        counts = f"#define {capitals}_CHANNELS {self.columns}\n#define {capitals}_INPUTS {self._inputs}\n"
        counts += f"#define {capitals}_OUTPUTS {self.outputs}\n"
        signal = SIGNAL.format(name=name, capitals=capitals, timed=", its number last" if self.timed else "")
        about = remark(f"The latencies of a step with the next sample, as polychron_step() takes them, {self.cost}")
        return [self.types(name, counts), signal, f"{about}void {name}_latencies({name}_signal *signal, const {name}_reading *readings);\n"]

    def source(self, name: str) -> list[str]:
        lagged = self.columns * self.lags
        number = f"    numbers[{self.columns}] = ({name}_reading)signal->steps;\n" if self.timed else ""
        last = f"    latencies[{lagged}] = newest[{self.columns}];\n" if self.timed else ""
        sizes = {"columns": len(self.edges), "channels": self.columns, "lagged": lagged}
        made = MAP.format(name=name, most=STEPS, number=number, last=last, **sizes)
        return [*self.maps(f"{name}_map", name, shared=False), SIGNAL_SOURCE.format(name=name, outputs=self.outputs), made]


@dataclass(frozen=True, kw_only=True)
class SignalNames(ClassNames):
    """Of the classes of signals."""

    def header(self, name: str) -> list[str]:
        return [self._declared(name), STEP_HEADER.format(name=name, capitals=name.upper(), nats=self.nats)]

    def source(self, name: str) -> list[str]:
        return [self._listed(name), STEP.format(name=name, capitals=name.upper())]
