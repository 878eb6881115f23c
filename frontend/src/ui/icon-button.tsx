import type { ComponentProps, ReactNode } from 'react';

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'aria-label'> {
  /** The button's name: for screen readers, and shown on hover. */
  label: string;
  children: ReactNode;
}

/** A button that shows only an icon, and still has a name. */
export function IconButton({
  label,
  children,
  className = '',
  type = 'button',
  title = label,
  ...rest
}: IconButtonProps) {
  return (
    <button {...rest} type={type} className={`icon-button ${className}`} aria-label={label} title={title}>
      {children}
    </button>
  );
}
