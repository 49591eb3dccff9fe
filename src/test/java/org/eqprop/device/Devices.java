package org.eqprop.device;

import java.util.HashMap;
import java.util.Map;
import org.eqprop.config.ConfigurationReader;

/** Creates device models from their keys. */
public final class Devices {
  private Devices() {}

  /** Returns the models with some keys set, and all others at their defaults. */
  public static DeviceModels of(Map<String, String> keys) {
    ConfigurationReader reader = new ConfigurationReader();
    for (Map.Entry<String, String> key : keys.entrySet()) {
      reader = reader.set(key.getKey(), key.getValue(), "the test");
    }
    return reader.read().spec().devices();
  }

  static Map<String, String> with(Map<String, String> keys, String key, String value) {
    Map<String, String> more = new HashMap<>(keys);
    more.put(key, value);
    return more;
  }

  /** Returns keys without one of them. */
  public static Map<String, String> without(Map<String, String> keys, String key) {
    Map<String, String> fewer = new HashMap<>(keys);
    fewer.remove(key);
    return fewer;
  }

  static float largest(float[] values) {
    float largest = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      largest = Math.max(largest, value);
    }
    return largest;
  }
}
