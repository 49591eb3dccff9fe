package org.eqprop.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An executor that deserialises a spec loads the classes of its device models' parts first. */
class LoadingTest {
  @ParameterizedTest
  @ValueSource(strings = {"Drift", "Mismatch", "UpdateModel", "WeightRange", "DeviceModels"})
  void idealHardwareIsCompleteWhicheverClassIsLoadedFirst(String first) throws Exception {
    URL[] path =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .map(LoadingTest::url)
            .toArray(URL[]::new);
    try (URLClassLoader loader = new URLClassLoader(path, null)) {
      Class.forName("org.eqprop.device." + first, true, loader);
      Class<?> models = Class.forName("org.eqprop.device.DeviceModels", true, loader);
      Object none = models.getField("NONE").get(null);
      assertThat(models.getMethod("keys").invoke(none)).isEqualTo(DeviceModels.NONE.keys());
    }
  }

  private static URL url(String entry) {
    try {
      return Path.of(entry).toUri().toURL();
    } catch (java.net.MalformedURLException e) {
      throw new AssertionError(e);
    }
  }
}
