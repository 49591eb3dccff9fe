package org.eqprop.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;
import org.eqprop.base.InputException;
import org.eqprop.base.InvalidValueException;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Weights;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a safetensors file that another program wrote: W_1 [n_0 × n_1], b_1 [n_1] or [1 ×
 * n_1], W_2, … in float32, in any order. Nothing else is accepted: a tensor with another name
 * belongs to a network that this program does not support.
 */
public final class PlainTensors {
  private static final int SHOWN = 5;

  private final String location;
  private final Map<String, List<Integer>> shapes;

  private PlainTensors(String location, Map<String, List<Integer>> shapes) {
    this.location = location;
    this.shapes = shapes;
  }

  /**
   * Reads a file's weights.
   *
   * @return a model without metadata, or with metadata if the file is a model file of this program
   * @throws InputException if the file is missing or damaged, its tensors do not form a network, or
   *     a number is not finite
   */
  public static ModelFile read(Storage storage, String location) {
    try (Safetensors file = Safetensors.open(storage, location)) {
      if (ModelReader.isOwn(file)) {
        return ModelReader.read(file, location);
      }
      PlainTensors tensors = new PlainTensors(location, file.shapes());
      Network network = tensors.network();
      tensors.check(network);
      Weights weights = ModelReader.weights(network, "", file.read(new CRC32()));
      return new ModelFile(weights, Map.of()).requireFinite(location);
    }
  }

  private Network network() {
    List<Integer> sizes = new ArrayList<>();
    for (int k = 1; shapes.containsKey("W_" + k); k++) {
      List<Integer> shape = shapes.getOrDefault("W_" + k, List.of());
      if (shape.size() != 2) {
        throw damaged("W_" + k + " is not a matrix: its shape is " + shape, null);
      }
      if (k == 1) {
        sizes.add(shape.get(0));
      }
      sizes.add(shape.get(1));
    }
    if (sizes.isEmpty()) {
      throw damaged("expected tensors W_1, b_1, W_2, …, found " + some(shapes.keySet()), null);
    }
    try {
      return Network.dense(sizes);
    } catch (InvalidValueException e) {
      throw damaged(InputException.reason(e), e);
    }
  }

  private void check(Network network) {
    Set<String> others = new TreeSet<>(shapes.keySet());
    for (ParameterLayout.Tensor tensor : ParameterLayout.of(network).tensors()) {
      boolean row = tensor.shape().size() == 1;
      if (!row || !List.of(1, tensor.size()).equals(shapes.get(tensor.name()))) {
        require(tensor.name(), tensor.shape());
      }
      others.remove(tensor.name());
    }
    if (!others.isEmpty()) {
      throw damaged(
          "it also holds "
              + some(others)
              + ": expected only W_k and b_k, k from 1 to "
              + network.depth()
              + "; save it without the others",
          null);
    }
  }

  private void require(String name, List<Integer> expected) {
    List<Integer> found = shapes.get(name);
    if (!expected.equals(found)) {
      throw damaged(
          name + " is " + (found == null ? "missing" : found) + ": expected F32 " + expected, null);
    }
  }

  private static String some(Set<String> names) {
    return names.isEmpty()
        ? "none"
        : String.join(", ", names.stream().limit(SHOWN).toList())
            + (names.size() > SHOWN ? ", …" : "");
  }

  private InputException damaged(String what, @Nullable Throwable cause) {
    return new InputException(location + ": not the weights of a network: " + what, cause);
  }
}
