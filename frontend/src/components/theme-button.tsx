import { Monitor, Moon, Sun } from 'lucide-react';
import { IconButton } from '../ui/icon-button.tsx';
import { useTheme, type Theme } from '../ui/theme.ts';

const LOOKS: Record<Theme, { icon: typeof Sun; label: string }> = {
  system: { icon: Monitor, label: 'Theme: as the system' },
  light: { icon: Sun, label: 'Theme: light' },
  dark: { icon: Moon, label: 'Theme: dark' },
};

/** Switches from the system's theme to light to dark. */
export function ThemeButton() {
  const [theme, next] = useTheme();
  const { icon: Icon, label } = LOOKS[theme];
  return (
    <IconButton label={label} onClick={next}>
      <Icon aria-hidden />
    </IconButton>
  );
}
