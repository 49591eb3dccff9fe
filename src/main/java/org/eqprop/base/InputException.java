package org.eqprop.base;

import java.io.FileNotFoundException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.jspecify.annotations.Nullable;

/**
 * Thrown if something that the user provided cannot be used. The message is one complete line: what
 * is wrong, where (file, key, value) and what was expected. The command line prints it unchanged,
 * without a stack trace. Control characters are escaped and very long words shortened ({@link
 * SafeText}).
 */
public class InputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message the complete line
   */
  public InputException(String message) {
    super(SafeText.line(message));
  }

  /**
   * @param message the complete line
   * @param cause the exception that revealed the problem
   */
  public InputException(String message, @Nullable Throwable cause) {
    super(SafeText.line(message), cause);
  }

  /**
   * Returns the first exception of this kind among a failure and its causes, or else throws the
   * failure itself.
   *
   * @param failure such as Spark's exception, whose cause is a task's failure
   */
  public static InputException within(Exception failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof InputException input) {
        return input;
      }
    }
    throw unchecked(failure);
  }

  /**
   * Throws a checked exception as unchecked: Spark throws checked exceptions without declaring
   * them.
   */
  @SuppressWarnings("unchecked")
  private static <E extends Exception> RuntimeException unchecked(Exception failure) throws E {
    throw (E) failure;
  }

  /**
   * Returns why something failed, in one line. The messages of libraries often have several lines,
   * or consist of only a path.
   */
  public static String reason(Throwable failure) {
    if (failure instanceof NoSuchFileException || failure instanceof FileNotFoundException) {
      return "no such file or folder";
    }
    if (failure instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (failure instanceof FileAlreadyExistsException || failure instanceof NotDirectoryException) {
      return "a file is in the way";
    }
    if (failure instanceof DirectoryNotEmptyException) {
      return "a folder is in the way";
    }
    if (failure instanceof FileSystemException file && file.getReason() != null) {
      return file.getReason(); // the message starts with paths, even of temporary files
    }
    String line =
        failure.getMessage() == null ? "" : failure.getMessage().lines().findFirst().orElse("");
    return line.contains(" ")
        ? line
        : failure.getClass().getSimpleName() + (line.isEmpty() ? "" : " (" + line + ")");
  }
}
