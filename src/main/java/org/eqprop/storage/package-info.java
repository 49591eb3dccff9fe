/** Any Hadoop file system and local disks: whole files, atomic writes, one-line errors. */
@org.jspecify.annotations.NullMarked
package org.eqprop.storage;
