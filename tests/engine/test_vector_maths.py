"""Exponential and logarithm of the kernel against those of NumPy."""

import ctypes

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from llvmlite import binding, ir

from ketacourse.engine.machine_code import _compiled, _target_machine
from ketacourse.engine.vector_maths import DOUBLE, LANES, VECTOR, VectorMaths


@pytest.fixture(scope="module")
def lane_function():
    """Return a function that applies one operation of the kernel to an array."""
    engines = []

    def compile_one(operation):
        module = ir.Module()
        kind = ir.FunctionType(ir.VoidType(), [DOUBLE.as_pointer()] * 2)
        function = ir.Function(module, kind, operation)
        builder = ir.IRBuilder(function.append_basic_block())
        source, target = (builder.bitcast(a, VECTOR.as_pointer()) for a in function.args)
        value = getattr(VectorMaths(builder), operation)(builder.load(source, align=8))
        builder.store(value, target, align=8)
        builder.ret_void()
        machine = _target_machine()
        code = _compiled(str(module), machine)
        engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
        engine.add_object_file(binding.ObjectFileRef.from_data(code))
        engine.finalize_object()
        engines.append(engine)
        return ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(
            engine.get_function_address(operation)
        )

    def apply(operation, values):
        call, found = compile_one(operation), np.empty((-(-len(values) // LANES), LANES))
        padded = np.resize(np.asarray(values, dtype=float), found.shape)
        for row, out in zip(padded, found, strict=True):
            call(row.ctypes.data, out.ctypes.data)
        return found.reshape(-1)[: len(values)]

    return apply


def test_exp_is_good_to_rounding_over_its_whole_range(lane_function):
    x = np.concatenate([np.linspace(-707, 707, 4001), np.linspace(-1, 1, 1001), [0.0, -1e-20]])
    assert np.max(np.abs(lane_function("exp", x) / np.exp(x) - 1)) < 1e-15


def test_log_is_good_to_rounding_over_its_whole_range(lane_function):
    x = np.concatenate([np.logspace(-300, 300, 4001), np.linspace(0.5, 2, 1001), [1 + 1e-12]])
    found, wanted = lane_function("log", x), np.log(x)
    assert np.max(np.abs(found - wanted) / np.maximum(np.abs(wanted), 1e-3)) < 2e-15


def test_log_of_one_is_zero_and_exp_of_zero_one(lane_function):
    assert lane_function("log", [1.0])[0] == 0.0
    assert lane_function("exp", [0.0])[0] == 1.0


@pytest.mark.parametrize("operation", ["exp", "log"])
def test_what_is_not_a_number_stays_so(lane_function, operation):
    assert np.isnan(lane_function(operation, [1.0, np.nan, 2.0])).tolist() == [False, True, False]
