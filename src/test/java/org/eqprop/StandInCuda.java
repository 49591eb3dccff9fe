package org.eqprop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.eqprop.backend.cuda.Cuda;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Provides CUDA to a test class and to the processes that it starts: a CPU that stands in for a GPU
 * ({@code src/test/cuda}), or with {@code EQPROP_CUDA=real} in the environment, the GPU of this
 * machine.
 */
public final class StandInCuda implements BeforeAllCallback {
  private static final Path BASE = Path.of(System.getProperty("eqprop.basedir", "."));
  private static final Path SOURCE = BASE.resolve("src/test/cuda");
  private static final Path FOLDER = BASE.resolve("target/stand-in-cuda").toAbsolutePath();
  private static boolean built;

  /** Returns whether tests compute on a GPU. */
  public static boolean isReal() {
    return "real".equals(System.getenv("EQPROP_CUDA"));
  }

  /** Returns the environment variables that let a process find CUDA. */
  public static Map<String, String> environment() {
    if (isReal()) {
      return Map.of();
    }
    build();
    return Map.of("LD_LIBRARY_PATH", FOLDER.toString());
  }

  /** Lets this process find CUDA; it must not have looked for it before. */
  @Override
  public void beforeAll(ExtensionContext context) {
    if (!isReal()) {
      build();
      System.setProperty("jna.library.path", FOLDER.toString());
    }
    assertThat(Cuda.problem()).isNull();
  }

  private static synchronized void build() {
    if (built) {
      return;
    }
    Tools.require("the cuda backend without a GPU", "g++", "g++");
    try {
      Files.createDirectories(FOLDER);
      Files.copy(
          SOURCE.resolve("emulated.h"),
          FOLDER.resolve("emulated.h"),
          StandardCopyOption.REPLACE_EXISTING);
      compile("libcuda.so.1");
      Path compiler = FOLDER.resolve("libnvrtc.so");
      Files.deleteIfExists(compiler);
      Files.createSymbolicLink(compiler, Path.of("libcuda.so.1"));
    } catch (IOException e) {
      throw new AssertionError("the stand-in for CUDA cannot be built in " + FOLDER, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while g++ ran", e);
    }
    built = true;
  }

  /** Compiles the stand-in without checks of longjmp, which it uses to switch between fibers. */
  private static void compile(String library) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            "g++",
            "-std=c++17",
            "-O2",
            "-w",
            "-shared",
            "-fPIC",
            "-U_FORTIFY_SOURCE",
            "-D_FORTIFY_SOURCE=0",
            "-o",
            FOLDER.resolve(library).toString(),
            SOURCE.resolve("emulator.cpp").toString(),
            "-ldl",
            "-lpthread");
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("g++ says: %s", output).isZero();
  }
}
