package org.eqprop.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eqprop.base.InputException;
import org.eqprop.base.KeyValues;
import org.eqprop.network.Convolution;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Link;
import org.eqprop.network.Pooling;
import org.eqprop.network.Range;

/** Writes an entry of {@code network.layers} for {@link LayerReader} to read. */
final class LayerWriter {
  private LayerWriter() {}

  /**
   * Returns the keys and values of a layer and the link below it, without those that have their
   * defaults.
   *
   * @throws InputException if the link is neither dense nor a convolution
   */
  static Map<String, Object> entry(Link link, Layer layer) {
    Map<String, Object> entry = link(link);
    if (!layer.range().equals(Range.HARD_SIGMOID)) {
      entry.put("range", range(layer.range()));
    }
    if (layer.gain() != 1) {
      entry.put("gain", layer.gain());
    }
    return entry;
  }

  private static Map<String, Object> link(Link link) {
    Map<String, Object> entry = new LinkedHashMap<>();
    if (link instanceof Dense) {
      entry.put("units", link.outputs());
      return entry;
    }
    if (!(link instanceof Convolution kernel)) {
      throw new InputException(
          "a network with a link "
              + link
              + ": expected dense links and convolutions, which "
              + LayerReader.KEY
              + " describes");
    }
    entry.put("channels", kernel.channels());
    entry.put("kernel", kernel.kernel());
    if (kernel.stride() != 1) {
      entry.put("stride", kernel.stride());
    }
    if (kernel.padding() != 0) {
      entry.put("padding", kernel.padding());
    }
    if (kernel.pooling() != Pooling.NONE) {
      entry.put("pooling", KeyValues.word(kernel.pooling()));
      entry.put("pool", kernel.pool());
    }
    return entry;
  }

  private static Object range(Range range) {
    for (Map.Entry<String, Range> named : LayerReader.RANGES.entrySet()) {
      if (named.getValue().equals(range)) {
        return named.getKey();
      }
    }
    return List.of(end(range.low()), end(range.high()));
  }

  private static Object end(double end) {
    if (Double.isInfinite(end)) {
      return end > 0 ? "inf" : "-inf";
    }
    return end;
  }
}
