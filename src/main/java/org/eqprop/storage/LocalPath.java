package org.eqprop.storage;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.eqprop.base.InputException;

/** Converts locations on this machine to paths: plain paths, and {@code file:} URIs. */
public final class LocalPath {
  private static final Pattern BEYOND_ASCII = Pattern.compile("[^\\p{ASCII}]+");

  private LocalPath() {}

  /**
   * Returns the path of a location on this machine.
   *
   * @throws InputException if it is not a valid path, or this process's locale cannot encode it
   */
  static Path of(String location) {
    try {
      return location.startsWith("file:") ? Path.of(escaped(location)) : Path.of(location);
    } catch (IllegalArgumentException e) {
      String locale = System.getProperty("sun.jnu.encoding", "UTF-8");
      if (!Charset.forName(locale).newEncoder().canEncode(location)) {
        throw new InputException(
            location
                + ": cannot be the name of a file in this locale ("
                + locale
                + "): expected a UTF-8 locale: set LC_ALL=C.UTF-8",
            e);
      }
      throw new InputException(location + ": not a valid path: " + InputException.reason(e), e);
    }
  }

  /** Escapes the characters beyond ASCII, as Java's paths require it of URIs. */
  private static URI escaped(String location) {
    return URI.create(
        BEYOND_ASCII
            .matcher(location)
            .replaceAll(match -> URLEncoder.encode(match.group(), StandardCharsets.UTF_8)));
  }

  /**
   * Returns whether a location is a symbolic link on this machine; false for a location elsewhere.
   */
  public static boolean isLink(String location) {
    return isLocal(location) && Files.isSymbolicLink(of(location));
  }

  /**
   * Makes a local path absolute, so that it means the same in any working folder; returns any other
   * location unchanged.
   */
  public static String absolute(String location) {
    if (!isLocal(location) || location.startsWith("file:") || location.isEmpty()) {
      return location;
    }
    return of(location).toAbsolutePath().toString();
  }

  /** Returns whether the location is a path in the local file system. */
  public static boolean isLocal(String location) {
    if (location.startsWith(ClassPathVolume.PREFIX)) {
      return false;
    }
    return location.startsWith("file:") || !location.matches("[A-Za-z][A-Za-z0-9+.-]+:.*");
  }
}
