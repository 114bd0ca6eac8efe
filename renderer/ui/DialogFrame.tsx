import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';

/** The frame of every dialog. Its keys are those its owner registers with useOverlayKeys, Escape among them. */
export function DialogFrame({
  title,
  width,
  top,
  onClose,
  children,
}: {
  title: ReactNode;
  /** px */
  width: number | string;
  /** px from the upper edge of the window. */
  top: number;
  /** A press outside the dialog. */
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size={width}
      withCloseButton={false}
      closeOnEscape={false}
      yOffset={top}
      transitionProps={{ duration: 0 }}
      classNames={{
        content: 'lv-dialog',
        header: 'lv-dialog-head',
        title: 'lv-dialog-title',
        body: 'lv-dialog-body',
        inner: 'lv-dialog-inner',
        overlay: 'lv-scrim',
      }}
    >
      {children}
    </Modal>
  );
}
