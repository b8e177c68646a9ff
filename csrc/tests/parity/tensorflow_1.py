"""TensorFlow 2 as the TensorFlow 1 that older programs are written for, to be imported before them; and our weights as their
variables."""

import collections.abc
import importlib.abc
import importlib.machinery
import sys
import types
from unittest.mock import MagicMock

import numpy as np
import tensorflow
import tensorflow.compat.v1 as tf
from tensorflow.python.util import nest

tf.disable_v2_behavior()
tf.logging.set_verbosity(tf.logging.ERROR)


class Contrib(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """tensorflow.contrib, which is no more: whatever is imported of it is there, and does nothing."""

    def find_spec(self, name, path, target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.startswith("tensorflow.contrib") else None

    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.__getattr__ = lambda name: MagicMock()
        return module

    def exec_module(self, module):
        module.__path__ = []


collections.Mapping, collections.Iterable = collections.abc.Mapping, collections.abc.Iterable  # where Python 2 had them
nest.is_sequence = nest.is_nested
sys.meta_path.insert(0, Contrib())
tf.contrib = importlib.import_module("tensorflow.contrib")
tf.contrib.framework = types.SimpleNamespace(nest=nest)
sys.modules["tensorflow"] = tf


def differentiate(segment, variables, forward):
    """What `forward` gives of the inputs, a list of (B, D), and of our parameters by name; the gradient of half the sum of
    squared errors. `variables`: of our parameters, what each of theirs is by the last two parts of its name."""
    with tf.Graph().as_default(), tf.Session() as session:
        p = {name: tf.constant(value) for name, value in segment.parameters.items()}
        ours = variables(p)

        def getter(*_, name, **settings):
            return ours["/".join(name.split("/")[-2:])]
        with tf.variable_scope("", custom_getter=getter):
            outputs = tf.stack(forward([tf.constant(x) for x in segment.inputs.astype(np.float64)], p))
        loss = tf.reduce_sum(tf.square(outputs - segment.targets)) / 2
        gradients = map(tf.convert_to_tensor, tf.gradients(loss, list(p.values())))  # some are of rows alone
        return session.run((outputs, dict(zip(p, gradients))))
