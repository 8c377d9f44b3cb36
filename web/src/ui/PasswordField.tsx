import { Eye, EyeOff } from 'lucide-react'
import { type ComponentProps, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from './Button'
import { Field } from './Field'
import styles from './PasswordField.module.css'

/** A field for a password, with a button that shows what was typed. */
export function PasswordField(props: Omit<ComponentProps<typeof Field>, 'type'>) {
  const { t } = useTranslation()
  const [isShown, setShown] = useState(false)
  return (
    <div className={styles['password']}>
      <Field {...props} type={isShown ? 'text' : 'password'} spellCheck={false} autoCapitalize="none" />
      <IconButton
        size="small"
        className={styles['eye']}
        label={t(isShown ? 'password.hide' : 'password.show')}
        onClick={() => setShown(!isShown)}
      >
        {isShown ? <EyeOff size={18} aria-hidden="true" /> : <Eye size={18} aria-hidden="true" />}
      </IconButton>
    </div>
  )
}
