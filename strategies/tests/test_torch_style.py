"""Programs in PyTorch's words stage unchanged: functions, methods, operators, `nn.functional`, modules."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import snek

torch = pytest.importorskip("torch")
F = torch.nn.functional
nn = torch.nn

from snek_strategies.staging.torch_calls import RULES  # noqa: E402 - it imports PyTorch
from snek_strategies.staging.torch_pointwise import POINTWISE  # noqa: E402

X = torch.tensor([[0.5, -1.5, 2.0], [3.0, 0.25, -0.75]])
Y = torch.tensor([[2.0, 0.5, -1.0], [1.0, 3.0, 0.125]])
U = torch.tensor([[0.25, 0.5, 0.75], [0.125, 0.875, 0.0625]])
INTS = torch.tensor([[6, -3, 2], [1, 0, 5]])
FLAGS = torch.tensor([[True, False, True], [False, True, True]])
SQUARE = torch.tensor([[4.0, 1.0, 0.5], [1.0, 3.0, -1.0], [0.0, 2.0, 5.0]])
STACK = torch.stack([SQUARE, SQUARE + 1])
AT = torch.tensor([1, 0])
IMAGES = torch.sin(torch.arange(2 * 4 * 5 * 6.0)).reshape(2, 4, 5, 6)
FILTERS = torch.cos(torch.arange(2 * 4 * 3 * 3.0)).reshape(2, 4, 3, 3)

UNARY = """
    abs absolute neg negative positive exp exp2 expm1 sin cos tan sinh cosh tanh square sign round floor ceil trunc
    sigmoid isnan isinf isfinite signbit logical_not asinh arcsinh atan arctan conj relu relu6 leaky_relu elu silu
    softplus hardtanh
"""
IN_UNIT = "log log2 log10 log1p sqrt rsqrt reciprocal asin arcsin acos arccos atanh arctanh"
BINARY = """
    add subtract sub mul multiply div divide true_divide floor_divide remainder maximum minimum fmax fmin atan2 arctan2
    hypot logaddexp nextafter copysign eq equal_ ne not_equal lt less le less_equal gt greater ge greater_equal
"""


def _of(name: str) -> Callable[..., Any]:
    return next(getattr(home, name) for home in (torch, F, torch.Tensor) if hasattr(home, name))


CASES: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    **{name: (_of(name), (X,)) for name in UNARY.split()},
    **{name: (_of(name), (U,)) for name in IN_UNIT.split()},
    **{name: (_of(name), (U + 1,)) for name in ("acosh", "arccosh")},
    **{name: (_of(name), (X, Y)) for name in BINARY.split() if name != "equal_"},
    "log_sigmoid": (lambda x: F.logsigmoid(x), (X,)),
    "pow": (lambda x: (torch.pow(x, 2), x**0.5, 2.0**x, torch.pow(x, x)), (U,)),
    "bitwise_not": (torch.bitwise_not, (INTS,)),
    **{name: (_of(name), (INTS, AT[:1])) for name in ("bitwise_and", "bitwise_or", "bitwise_xor")},
    **{name: (_of(name), (FLAGS, X > 0)) for name in ("logical_and", "logical_or", "logical_xor")},
    "rsub": (torch.rsub, (X, Y)),
    "clamp": (lambda x, y: (torch.clamp(x, 0.0, 1.0), torch.clamp(x, min=y), x.clamp(max=1)), (X, Y)),
    "clip": (lambda x: torch.clip(x, -1, 1), (X,)),
    "clamp_min": (lambda x: torch.clamp_min(x, 0.5), (X,)),
    "clamp_max": (lambda x: torch.clamp_max(x, 0.5), (X,)),
    "where": (lambda c, x, y: (torch.where(c, x, y), torch.where(c, x, 0.0)), (FLAGS, X, Y)),
    "masked_fill": (lambda x, c: x.masked_fill(c, 7.0), (X, FLAGS)),
    **{name: (lambda x, n=name: (getattr(x, n)(), getattr(x, n)(dim=0), getattr(x, n)(1, keepdim=True)), (X,))
       for name in ("sum", "mean", "argmax", "argmin", "std", "var", "max", "min", "all", "any", "amax", "amin")},
    "prod": (lambda x: (x.prod(), x.prod(0), torch.prod(x.int(), 1)), (X,)),
    "logsumexp": (lambda x: torch.logsumexp(x, 1), (X,)),
    "softmax": (lambda x: (F.softmax(x, dim=1), x.softmax(0)), (X,)),
    "log_softmax": (lambda x: F.log_softmax(x, dim=1), (X,)),
    "cumsum": (lambda x: (x.cumsum(0), torch.cumsum(x.int(), 1)), (X,)),
    "cumprod": (lambda x: x.cumprod(1), (X,)),
    "sort": (lambda x: (*torch.sort(x), *x.sort(dim=0, descending=True)), (X,)),
    "argsort": (lambda x: torch.argsort(x, 1, True), (X,)),
    "topk": (lambda x: tuple(torch.topk(x, 2)), (X,)),
    "norm": (lambda x: (torch.norm(x), x.norm(dim=1)), (X,)),
    "reshape": (lambda x: (x.reshape(3, 2), torch.reshape(x, (-1,))), (X,)),
    "view": (lambda x: x.view(-1, 2), (X,)),
    "flatten": (lambda x: (torch.flatten(x), x.flatten(1)), (STACK,)),
    "unflatten": (lambda x: x.unflatten(1, (3, 1)), (X,)),
    "squeeze": (lambda x: x[:1].squeeze(0), (X,)),
    "unsqueeze": (lambda x: x.unsqueeze(-1), (X,)),
    "ravel": (lambda x: x.ravel(), (X,)),
    "view_as": (lambda x, y: x.view_as(y.T), (X, Y)),
    "reshape_as": (lambda x, y: x.reshape_as(y.T), (X, Y)),
    "expand": (lambda x: x[:1].expand(4, -1), (X,)),
    "expand_as": (lambda x, y: x[0].expand_as(y), (X, Y)),
    "broadcast_to": (lambda x: torch.broadcast_to(x, (2, 2, 3)), (X,)),
    "transpose": (lambda x: x.transpose(0, 2), (STACK,)),
    "swapaxes": (lambda x: x.swapaxes(0, 1), (STACK,)),
    "swapdims": (lambda x: x.swapdims(0, 1), (STACK,)),
    "permute": (lambda x: (x.permute(2, 0, 1), torch.permute(x, (1, 0, 2))), (STACK,)),
    "t": (lambda x: (x.t(), x.T), (X,)),
    "cat": (lambda x, y: (torch.cat([x, y]), torch.cat((x, y.int()), dim=1)), (X, Y)),
    "concat": (lambda x, y: torch.concat([x, y], -1), (X, Y)),
    "concatenate": (lambda x, y: torch.concatenate([x, y]), (X, Y)),
    "stack": (lambda x, y: torch.stack([x, y], dim=1), (X, Y)),
    "split": (lambda x: (*torch.split(x, 2, dim=1), *x.split([1, 2], 1)), (X,)),
    "split_with_sizes": (lambda x: x.split_with_sizes([1, 2], 1), (X,)),
    "chunk": (lambda x: x.chunk(2, dim=1), (X,)),
    "tensor_split": (lambda x: torch.tensor_split(x, 2, dim=1), (X,)),
    "unbind": (lambda x: x.unbind(1), (X,)),
    "select": (lambda x: x.select(1, 2), (X,)),
    "narrow": (lambda x: x.narrow(1, 1, 2), (X,)),
    "index_select": (lambda x, i: x.index_select(1, i), (X, AT)),
    "gather": (lambda x, i: x.gather(1, i), (X, INTS % 3)),
    "take_along_dim": (lambda x, i: torch.take_along_dim(x, i, 1), (X, INTS % 3)),
    "repeat": (lambda x: x.repeat(2, 1, 3), (X,)),
    "tile": (lambda x: torch.tile(x, (2,)), (X,)),
    "repeat_interleave": (lambda x: x.repeat_interleave(2, dim=0), (X,)),
    "flip": (lambda x: (torch.flip(x, (0, 1)), x.flip(1)), (X,)),
    "roll": (lambda x: (torch.roll(x, 1), x.roll(1, 0)), (X,)),
    "movedim": (lambda x: x.movedim(0, 2), (STACK,)),
    "diagonal": (lambda x: torch.diagonal(x, 1), (SQUARE,)),
    "tril": (lambda x: x.tril(), (X,)),
    "triu": (lambda x: torch.triu(x, diagonal=1), (X,)),
    "conv1d": (lambda x, w: F.conv1d(x, w, stride=2, padding=1), (IMAGES[:, :, 0], FILTERS[:, :, 0])),
    "conv2d": (
        lambda x, w, b: (
            F.conv2d(x, w, b, stride=(2, 1), padding=1, dilation=(1, 2)),
            F.conv2d(x, w, padding="same"),
            F.conv2d(x, w[:, :2], b, groups=2),
            F.conv2d(x[0], w, b, padding="valid"),
        ),
        (IMAGES, FILTERS, FILTERS[:, 0, 0, 0]),
    ),
    "conv3d": (lambda x, w: F.conv3d(x, w, padding=(0, 1, 0)), (IMAGES[:, None], FILTERS[:, :1, None])),
    "max_pool1d": (lambda x: F.max_pool1d(x, 3, stride=1, dilation=2), (IMAGES[0],)),
    "max_pool2d": (lambda x: (F.max_pool2d(x, 2), F.max_pool2d(x, (3, 2), 1, padding=1)), (IMAGES,)),
    "max_pool3d": (lambda x: F.max_pool3d(x, 2), (IMAGES,)),
    "avg_pool1d": (lambda x: F.avg_pool1d(x, 3), (IMAGES[0],)),
    "avg_pool2d": (lambda x: (F.avg_pool2d(x, 2, padding=1), F.avg_pool2d(x, (1, 3), stride=2)), (IMAGES,)),
    "avg_pool3d": (lambda x: F.avg_pool3d(x, (2, 3, 2)), (IMAGES,)),
    "adaptive_avg_pool1d": (lambda x: F.adaptive_avg_pool1d(x, 3), (IMAGES[0],)),
    "adaptive_avg_pool2d": (lambda x: (F.adaptive_avg_pool2d(x, 1), F.adaptive_avg_pool2d(x, (5, 3))), (IMAGES,)),
    "adaptive_avg_pool3d": (lambda x: F.adaptive_avg_pool3d(x, (2, 1, 3)), (IMAGES,)),
    "pad": (lambda x: (F.pad(x, (1, 2, -1, 0), value=2.5), F.pad(x, (0, 1))), (X,)),
    "einsum": (lambda x, y: (torch.einsum("ij,kj->ik", x, y), torch.einsum("ij->j", [x.int()])), (X, Y)),
    "matmul": (lambda x, y: (x @ y.T, torch.matmul(x, y[0]), x.mT @ y), (X, Y)),
    "mm": (lambda x, y: torch.mm(x, y.T), (X, Y)),
    "bmm": (torch.bmm, (STACK, STACK)),
    "mv": (lambda x, y: x.mv(y[0]), (X, Y)),
    "dot": (lambda x, y: torch.dot(x[0], y[1]), (X, Y)),
    "inner": (lambda x, y: torch.inner(x[0], y[1]), (X, Y)),
    "outer": (lambda x, y: torch.outer(x[0], y[1]), (X, Y)),
    "linear": (lambda x, w: (F.linear(x, w), F.linear(x, w, w[0])), (X, SQUARE)),
    "addmm": (lambda x, y, w: torch.addmm(y, x, w), (X, Y, SQUARE)),
    "zeros_like": (torch.zeros_like, (X,)),
    "ones_like": (torch.ones_like, (X,)),
    "full_like": (lambda x: torch.full_like(x, 7.0), (X,)),
    "empty_like": (lambda x: torch.empty_like(x).shape, (X,)),
    "new_zeros": (lambda x: x.new_zeros(2, 2), (X,)),
    "new_ones": (lambda x: x.new_ones((2,)), (X,)),
    "to": (lambda x: (x.to(torch.float64), x.to(torch.int32)), (X,)),
    "type_as": (lambda x, y: x.type_as(y), (X, INTS)),
    **{name: (lambda x, n=name: getattr(x, n)(), (X,)) for name in ("float", "double", "half", "int", "long", "short",
                                                                     "bool", "contiguous", "detach",  "clone")},
    "gelu": (lambda x: F.gelu(x, approximate="tanh"), (X,)),
    "dropout": (lambda x: F.dropout(x, training=False), (X,)),
    "mse_loss": (lambda x, y: (F.mse_loss(x, y), F.mse_loss(x, y, reduction="sum")), (X, Y)),
    "l1_loss": (F.l1_loss, (X, Y)),
    "nll_loss": (lambda x, i: F.nll_loss(F.log_softmax(x, 1), i), (X, AT)),
    "nll_loss_nd": (lambda x, i: torch._C._nn.nll_loss_nd(x, i, None, 1, -100), (X, AT)),
    "cross_entropy": (lambda x, i: (F.cross_entropy(x, i), F.cross_entropy(x, i, reduction="none")), (X, AT)),
    "layer_norm": (lambda x, w: F.layer_norm(x, (3,), w[0], w[1]), (X, SQUARE)),
    "batch_norm": (lambda x, w: F.batch_norm(x, w[0], w[0] ** 2 + 1, w[1], w[2]), (X, SQUARE)),
    "embedding": (lambda i, w: F.embedding(i, w), (AT, SQUARE)),
    "normalize": (lambda x: F.normalize(x), (X,)),
    "one_hot": (lambda i: F.one_hot(i, 4), (AT,)),
}  # fmt: skip
OPERATORS = {
    "__neg__ and the like": lambda x, y: (-x, +x, abs(x), x + y, 1 + x, x - y, 1 - x, x * y, 2 * x, x / y, 1 / (y + 4)),
    "floors": lambda x, y: (x // y, x % y, x // 2, x**2),
    "comparisons": lambda x, y: (
        x < y,
        x <= 1,
        x > y,
        x >= y,
        x == y,
        x != y,
        ~(x > 0),
        (x > 0) & (y > 0),
        (x > 0) | (y > 0),
    ),
    "constants": lambda x, y: (torch.ones(3) + x, torch.arange(3) * y, x @ torch.eye(3), torch.tensor(2.0) - x),
    "index": lambda x, y: (x[0], x[:, 1:], x[..., None, 0], x[torch.tensor([1, 0])], x[y.argmax(1), 0]),
    "asked": lambda x, y: (x.shape[0], x.size(), x.dim(), x.numel(), x.dtype == y.dtype, x.is_floating_point()),
}


def same(want: Any, got: Any) -> None:
    assert type(want) is type(got)
    if isinstance(want, (tuple, list)):
        for a, b in zip(want, got, strict=True):
            same(a, b)
    elif isinstance(want, torch.Tensor):
        torch.testing.assert_close(got, want, equal_nan=True)  # dtype and shape too
    else:
        assert want == got


def test_every_staged_function_of_pytorch_has_a_case() -> None:
    plain = {name for name in RULES if not name.startswith("_")}
    operators = {"truediv", "floordiv", "mod", "pos", "invert", "and", "or", "xor", "and_", "or_", "xor_"}
    assert set(CASES) >= plain - operators - {"less", "greater"}
    assert set(CASES) <= plain


@pytest.mark.parametrize("name", CASES)
def test_a_function_answers_as_pytorch(name: str) -> None:
    function, arguments = CASES[name]
    wrapped = lambda *given: function(*given)  # noqa: E731 - a builtin has no text to stage
    same(function(*arguments), snek.stage(wrapped)(*arguments))


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_methods_and_attributes_are_pytorchs(name: str) -> None:
    same(OPERATORS[name](X, Y), snek.stage(OPERATORS[name])(X, Y))


DTYPES = ("bool", "int32", "int64", "float32", "float64")
OPERANDS = st.one_of(
    st.builds(
        lambda dtype, shape: torch.ones(shape).to(getattr(torch, dtype)) + 0,
        st.sampled_from(DTYPES), st.sampled_from([(), (3,), (2, 1), (2, 3)]),
    ),
    st.sampled_from([2, 0.5, True]),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([name for name in BINARY.split() if name in POINTWISE]), OPERANDS, OPERANDS)
def test_promotion_is_pytorchs(name: str, a: Any, b: Any) -> None:
    function = getattr(torch, name)
    try:
        want = function(a, b)
    except (RuntimeError, TypeError):
        return  # what PyTorch does not take is looked at below
    try:
        got = snek.stage(lambda x, y: function(x, y))(a, b)
    except snek.StagingError as error:
        assert error.code == "SNK0204"  # noqa: PT017 - a refusal is right too, and only by name
    else:
        same(want, got)


class Gated(nn.Module):
    """A network of the user's with control flow on data, a submodule of PyTorch's, and a function as an attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(3, 4)
        self.rest = nn.Sequential(nn.LayerNorm(4), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4, 2))
        self.activation = torch.tanh
        self.register_buffer("scale", torch.tensor(2.0))

    def forward(self, x: Any) -> Any:
        hidden = self.activation(self.inner(x)) * self.scale
        if hidden.sum() > 0:
            hidden = hidden * 2
        for _ in range(20):
            hidden = torch.sin(hidden) + 1
        return self.rest(hidden)


def run(module, x):
    return module(x)


@pytest.mark.parametrize("backend", ["interpret", "torchscript"])
def test_a_modules_parameters_are_arguments(backend: str) -> None:
    torch.manual_seed(0)
    module = Gated().eval()
    staged = snek.stage(run, backend=backend)
    for x in (X, -X):
        same(module(x).detach(), staged(module, x))
    with torch.no_grad():
        module.inner.weight += 1  # as an optimizer does
    same(module(X).detach(), staged(module, X))
    assert len(staged.stagings()) == 1
    module.activation = torch.relu
    same(module(X).detach(), staged(module, X))
    assert len(staged.stagings()) == 2


def test_what_would_be_lost_is_refused() -> None:
    module = Gated()
    with pytest.raises(snek.StagingError, match="dropout draws other numbers"):
        snek.stage(run)(module, X)
    module.eval().register_forward_hook(lambda *_: None)
    with pytest.raises(snek.StagingError, match="hooks"):
        snek.stage(run)(module, X)

    def count(module, x):
        module.calls = 1
        return module.inner(x)

    with pytest.raises(snek.StagingError, match="assigns to attributes of a Gated"):
        snek.stage(count)(Gated(), X)


@pytest.mark.parametrize(
    ("program", "named"),
    [
        (lambda x: torch.fft.fft(x), "fft"),
        (lambda x: torch.nonzero(x), "nonzero"),
        (lambda x: x.cauchy_(), "cauchy_"),
        (lambda x: F.max_pool2d(x[None], 2, ceil_mode=True), "ceil_mode"),
        (lambda x: torch.add(x, x, out=torch.empty(2, 3)), "add in place"),
        (lambda x: F.gelu(x), "gelu"),
        (lambda x: torch.bernoulli(x), "bernoulli"),
        (lambda x: torch.mm(x, x), "mm has no meaning"),
    ],
)  # fmt: skip
def test_what_has_no_rule_is_refused_by_name(program: Callable[..., Any], named: str) -> None:
    with pytest.raises(snek.StagingError, match=named):
        snek.stage(program)(X)


def test_a_store_into_a_tensor_is_seen_by_the_caller() -> None:
    def store(x, y):
        x[0] = y[1]
        return x.sum()

    want, got = X.clone(), X.clone()
    same(store(want, Y), snek.stage(store)(got, Y))
    same(want, got)


def test_a_tensor_read_from_outside_is_never_stale() -> None:
    outside = torch.ones(3)
    staged = snek.stage(lambda x: x + outside)
    same(X + 1, staged(X))
    outside.add_(1)
    same(X + 2, staged(X))


def test_programs_without_tensors_never_import_pytorch(tmp_path: Path) -> None:
    program = "import sys, numpy as np, snek\ndef f(x):\n    return np.tanh(x) if x > 0 else x\n"
    program += "assert snek.stage(f)(np.float64(-1)) == -1\nassert 'torch' not in sys.modules\n"
    file = tmp_path / "program.py"
    file.write_text(program)
    assert subprocess.run([sys.executable, str(file)], check=False).returncode == 0


def test_methods_that_store_change_their_tensor_under_every_name() -> None:
    def stored(x, y):
        z = x
        x.add_(y).mul_(2.0).clamp_(-3, 3)
        z.sub_(y, alpha=0.5)
        y.copy_(x[0])
        return z.relu_(), y

    mine, plain = (X.clone(), Y.clone()), (X.clone(), Y.clone())
    got, expected = snek.stage(stored)(*mine), stored(*plain)
    assert got[0] is mine[0]
    for one, other in zip((*got, *mine), (*expected, *plain), strict=True):
        torch.testing.assert_close(one, other)
    torch.testing.assert_close(
        snek.stage(lambda x: x.clone().zero_() + x.clone().fill_(2.0))(X), torch.full((2, 3), 2.0)
    )
    with pytest.raises(snek.StagingError, match="add_ has no meaning for these operands"):
        snek.stage(lambda x: x.add_(0.5))(INTS.clone())


@pytest.mark.parametrize("backend", ["interpret", "lantern", "torchscript"])
def test_a_convolutional_network_and_its_gradient(backend: str) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(4, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 2, 2), nn.BatchNorm2d(2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 3),
    ).eval()  # fmt: skip
    torch.testing.assert_close(snek.stage(net, backend=backend)(IMAGES), net(IMAGES).detach(), rtol=1e-4, atol=1e-5)
    slopes = snek.grad(lambda net, x: (net(x) ** 2).sum(), backend=backend)(net, IMAGES)
    (net(IMAGES) ** 2).sum().backward()
    for name, one in net.named_parameters():
        torch.testing.assert_close(slopes[name], one.grad, rtol=1e-4, atol=1e-5)
